import Digests
import GRDB

/// The records of trainings, and among them `training_member`: whom models were trained on.
enum TrainingSets {
  /// References that lead nowhere: the column, and when it does.
  static let dangling = [("training_run", "embedder"), ("training_member", "identity")].map { table, other in
    let column = other + "_id"
    return (
      table: table, column: column, condition: "\(column) IS NOT NULL AND \(column) NOT IN (SELECT id FROM \(other))"
    )
  }

  /// Rows without their run: the table, and when they are.
  static let orphaned = ["training_epoch", "training_member"].map { table in
    (table: table, condition: "run_id NOT IN (SELECT id FROM training_run)")
  }

  /// Takes out what foreign keys would not let be written, as far as a gallery of any version has it.
  static func dropWhatLeadsNowhere(in db: Database) throws {
    for (table, condition) in orphaned where try db.tableExists(table) {
      try db.execute(sql: "DELETE FROM \(table) WHERE \(condition)")
    }
    for (table, column, condition) in dangling where try db.tableExists(table) {
      try db.execute(sql: "UPDATE \(table) SET \(column) = NULL WHERE \(condition)")
    }
  }

  /// The models that were trained on an identity of this gallery, by the gallery's own notes and by the cards of its
  /// embedders.
  static func models(trainedOn identity: IdentityID, named name: String, in db: Database) throws
    -> [ForgetReceipt.Model]
  {
    let hash = Digest.ofName(name)
    var models: [ForgetReceipt.Model] = []
    let runs = try RawStatement(
      db,
      """
      SELECT r.id, ifnull(m.name, r.model_name), ifnull(m.sha256, r.model_sha256), r.recipe
      FROM training_member AS p JOIN training_run AS r ON r.id = p.run_id LEFT JOIN embedder AS m ON m.id = r.embedder_id
      WHERE p.identity_id = ? OR (p.name_sha256 = ? AND p.identity_id IS NULL) GROUP BY r.id ORDER BY r.id
      """)
    try runs.bind(identity.rawValue, at: 1)
    try runs.bind(hash, at: 2)
    while try runs.step() {
      models.append(
        ForgetReceipt.Model(
          name: runs.text(1) ?? "\(runs.text(3) ?? "a model") of training \(runs.integer(0))", sha256: runs.text(2),
          evidence: "training \(runs.integer(0)) in this gallery"))
    }
    let subject = Digest.ofName(subject(ofStream: name))
    let files = try self.files(of: identity, in: db)
    // A model of words is its words' vectors, those that are enrolled.
    let embedders = try RawStatement(
      db,
      """
      SELECT name, sha256, card, kind, model IS NOT NULL AND EXISTS (
        SELECT 1 FROM (SELECT vector FROM embedding WHERE identity_id = ? ORDER BY id LIMIT 4) AS e
        WHERE instr(model, e.vector) > 0)
      FROM embedder ORDER BY id
      """)
    try embedders.bind(identity.rawValue, at: 1)
    while try embedders.step() {
      let (known, sha256, card) = (embedders.text(0) ?? "", embedders.text(1), embedders.text(2) ?? "")
      let listing = CardListing(card: card)
      let evidence: String
      if embedders.integer(4) == 1 {
        evidence = "its file, which this gallery keeps, has a vector of it"
      } else if models.contains(where: { $0.sha256 != nil && $0.sha256 == sha256 }) {
        continue
      } else if holds(card, listing, hash) || embedders.text(3) == "series" && holds(card, listing, subject) {
        evidence = "its model card, in this gallery"
      } else if listing.files.isEmpty {
        continue
      } else {
        let count = files.count(where: listing.files.contains)
        guard count > 0 else { continue }
        evidence = "its model card, in this gallery, by \(count == 1 ? "a file" : "\(count) files") of it"
      }
      models.append(ForgetReceipt.Model(name: known, sha256: sha256, evidence: evidence))
    }
    return models
  }

  /// The digests of the files that an identity's embeddings were made from, each once.
  private static func files(of identity: IdentityID, in db: Database) throws -> [String] {
    let rows = try RawStatement(
      db, "SELECT DISTINCT source_sha256 FROM embedding WHERE identity_id = ? AND source_sha256 IS NOT NULL")
    try rows.bind(identity.rawValue, at: 1)
    var files: [String] = []
    while try rows.step() { files.append(rows.text(0) ?? "") }
    return files
  }

  /// Whom a stream is of: its file's name up to the first `_`, as models of series take it.
  private static func subject(ofStream name: String) -> String {
    String((name.split(separator: "/").last ?? "").prefix { $0 != "_" })
  }

  /// Whether a model card holds the hash of a name, wherever in it that is, or lists the beginning of it, its own or of the
  /// model that it was trained from.
  private static func holds(_ card: String, _ listing: CardListing, _ hash: String) -> Bool {
    card.contains("\"\(hash)\"") || listing.names.contains(hash)
  }

  /// Removes an identity from all training sets; from how many.
  static func remove(_ identity: IdentityID, named name: String, in db: Database) throws -> Int {
    // A name that somebody else had when a model was trained is that one's record still.
    let deletion = try RawStatement(
      db, "DELETE FROM training_member WHERE identity_id = ? OR (name_sha256 = ? AND identity_id IS NULL)")
    try deletion.bind(identity.rawValue, at: 1)
    try deletion.bind(Digest.ofName(name), at: 2)
    try deletion.run()
    return db.changesCount
  }

  /// Keeps who the members called `name` are, before that name goes: `identity`.
  static func hold(_ name: String, as identity: IdentityID, in db: Database) throws {
    let update = try RawStatement(
      db, "UPDATE training_member SET identity_id = ? WHERE name_sha256 = ? AND identity_id IS NULL")
    try update.bind(identity.rawValue, at: 1)
    try update.bind(Digest.ofName(name), at: 2)
    try update.run()
  }

  /// Makes the members that were `identity` be `other`.
  static func move(_ identity: IdentityID, to other: IdentityID, in db: Database) throws {
    try db.execute(
      sql: "UPDATE training_member SET identity_id = ? WHERE identity_id = ?",
      arguments: [other.rawValue, identity.rawValue])
  }
}
