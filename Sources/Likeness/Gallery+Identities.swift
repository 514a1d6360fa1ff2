import Foundation
import GRDB

extension Gallery {
  /// All identities by name, those without embeddings too.
  ///
  /// - Throws: ``GalleryError``.
  public func identities() throws -> [Identity] {
    try reading { db in
      var identities: [Identity] = []
      let rows = try RawStatement(db, Self.identitySQL + " ORDER BY i.name")
      while try rows.step() { identities.append(Self.identity(rows)) }
      return identities
    }
  }

  /// The identity with this name; nil where nobody is called so.
  ///
  /// - Throws: ``GalleryError``.
  public func identity(named name: String) throws -> Identity? {
    try reading { db in
      guard let id = try Name.find(name, in: db) else { return nil }
      let row = try RawStatement(db, Self.identitySQL + " WHERE i.id = ?")
      try row.bind(id.rawValue, at: 1)
      return try row.step() ? Self.identity(row) : nil
    }
  }

  /// The embeddings of an identity, in the order of enrolment.
  ///
  /// - Throws: ``GalleryError/unknownIdentity(name:)``.
  public func embeddings(of identity: String) throws -> [Embedding] {
    try reading { db in
      let id = try Name.known(identity, in: db)
      let rows = try RawStatement(
        db,
        """
        SELECT e.id, i.name, m.name, e.source, e.source_sha256, e.quality, e.attributes, e.created_at
        FROM embedding AS e JOIN identity AS i ON i.id = e.identity_id LEFT JOIN embedder AS m ON m.id = e.embedder_id
        WHERE e.identity_id = ? ORDER BY e.id
        """)
      try rows.bind(id.rawValue, at: 1)
      var embeddings: [Embedding] = []
      while try rows.step() {
        embeddings.append(
          Embedding(
            id: EmbeddingID(rows.integer(0)), identity: rows.text(1) ?? "", embedder: rows.text(2) ?? "",
            source: rows.text(3), sourceSHA256: rows.text(4), quality: rows.number(5),
            attributes: Attributes.values(rows.text(6) ?? "{}"), createdAt: rows.text(7) ?? ""))
      }
      return embeddings
    }
  }

  /// Gives an identity another name. Its number, embeddings and attributes stay.
  ///
  /// - Throws: ``GalleryError/unknownIdentity(name:)``; ``GalleryError/identityExists(name:)`` where another identity is
  ///   called so; ``GalleryError/invalidName(name:reason:)``.
  public func rename(_ identity: String, to newName: String) throws {
    let name = try Name.checked(newName)
    try writing { db in
      let id = try Name.known(identity, in: db)
      if let other = try Name.find(name, in: db), other != id { throw GalleryError.identityExists(name: name) }
      try TrainingSets.hold(try db.text("SELECT name FROM identity WHERE id = ?", id.rawValue) ?? "", as: id, in: db)
      try db.execute(sql: "UPDATE identity SET name = ? WHERE id = ?", arguments: [name, id.rawValue])
    }
  }

  /// Makes two identities one: the embeddings of `identity` become those of `other`, and `identity` is gone.
  /// Attributes come together, to the letter; where both have one, that of `other` stays.
  ///
  /// - Throws: ``GalleryError/unknownIdentity(name:)``; ``GalleryError/invalidArgument(reason:)`` where both are the
  ///   same.
  public func merge(_ identity: String, into other: String) throws {
    try writing { db in
      let source = try Name.known(identity, in: db)
      let target = try Name.known(other, in: db)
      if source == target {
        throw GalleryError.invalidArgument(reason: "\"\(other)\" cannot be merged into itself: name two identities")
      }
      try db.execute(
        sql: "UPDATE embedding SET identity_id = ? WHERE identity_id = ?",
        arguments: [target.rawValue, source.rawValue])
      if let merged = Attributes.merged(
        try Self.attributes(of: target, in: db), adding: try Self.attributes(of: source, in: db))
      {
        try db.execute(
          sql: "UPDATE identity SET attributes = ? WHERE id = ?", arguments: [merged, target.rawValue])
      }
      try TrainingSets.hold(
        try db.text("SELECT name FROM identity WHERE id = ?", source.rawValue) ?? "", as: source, in: db)
      try TrainingSets.move(source, to: target, in: db)
      try Self.delete(source, in: db)
    }
  }

  /// Replaces the attributes of an identity.
  ///
  /// - Throws: ``GalleryError/unknownIdentity(name:)``.
  public func setAttributes(_ attributes: [String: JSONValue], of identity: String) throws {
    let text = try Attributes.text(attributes)
    try writing { db in
      let id = try Name.known(identity, in: db)
      try db.execute(sql: "UPDATE identity SET attributes = ? WHERE id = ?", arguments: [text, id.rawValue])
    }
  }

  private static let identitySQL = """
    SELECT i.id, i.name, i.attributes, i.created_at,
           (SELECT count(*) FROM embedding AS e WHERE e.identity_id = i.id) AS embeddings
    FROM identity AS i
    """

  private static func identity(_ row: borrowing RawStatement) -> Identity {
    Identity(
      id: IdentityID(row.integer(0)), name: row.text(1) ?? "", attributes: Attributes.values(row.text(2) ?? "{}"),
      embeddings: Int(row.integer(4)), createdAt: row.text(3) ?? "")
  }

  private static func attributes(of id: IdentityID, in db: Database) throws -> String {
    try db.text("SELECT attributes FROM identity WHERE id = ?", id.rawValue) ?? "{}"
  }

  /// Deletes an identity and what embeddings it has.
  ///
  /// - Throws: where a trigger that somebody else made keeps any of it.
  static func delete(_ identity: IdentityID, in db: Database) throws {
    // By name, and not by the cascade alone, so that what is kept is noticed.
    let left = "SELECT count(*) FROM embedding WHERE identity_id = ?"
    let count = Int32(clamping: try db.integer(left, identity.rawValue))
    let embeddings = try RawStatement(db, "DELETE FROM embedding WHERE identity_id = ?")
    try embeddings.bind(identity.rawValue, at: 1)
    try embeddings.run(changing: count)
    try db.change("DELETE FROM identity WHERE id = ?", row: identity.rawValue)
  }
}
