import GRDB

/// Rows that are to be forgotten, as they were: enough to know them again in a copy.
///
/// Numbers are never used again in one gallery, and a row keeps its time, or what it came from where it was enrolled anew
/// from there. So number and either of them together are the row, whatever it was called when the copy was made.
struct Forgotten: Sendable {
  /// A row by its number, its time, and what it came from, where that is known.
  struct Row: Sendable, Hashable {
    var id: Int64
    var createdAt: String
    var source: String?

    /// A condition on rows of `embedding`, of three parameters.
    static let condition = "id = ? AND (created_at = ? OR source = ?)"

    /// Gives a statement with ``condition`` the row.
    func bind(to statement: borrowing RawStatement) throws {
      try statement.bind(id, at: 1)
      try statement.bind(createdAt, at: 2)
      try statement.bind(source, at: 3)
    }
  }

  var identity: Row
  var name: String
  /// Whether the identity goes as well.
  var isWhole: Bool
  var embeddings: [Row]
  var vectorBytes: Int
  var sources: [String]

  /// What there is of an identity, or of one embedding of it.
  init(identity: IdentityID, only embedding: EmbeddingID? = nil, in db: Database) throws {
    let row = try RawStatement(db, "SELECT name, created_at FROM identity WHERE id = ?")
    try row.bind(identity.rawValue, at: 1)
    _ = try row.step()
    name = row.text(0) ?? ""
    self.identity = Row(id: identity.rawValue, createdAt: row.text(1) ?? "")
    isWhole = embedding == nil
    (embeddings, vectorBytes, sources) = ([], 0, [])
    let rows = try RawStatement(
      db,
      """
      SELECT id, created_at, length(vector), source FROM embedding WHERE identity_id = ?1 AND (?2 IS NULL OR id = ?2)
      ORDER BY id
      """)
    try rows.bind(identity.rawValue, at: 1)
    if let embedding { try rows.bind(embedding.rawValue, at: 2) }
    var seen: Set<String> = []
    while try rows.step() {
      let row = Row(id: rows.integer(0), createdAt: rows.text(1) ?? "", source: rows.text(3))
      embeddings.append(row)
      vectorBytes += Int(rows.integer(2))
      if let source = row.source, seen.insert(source).inserted { sources.append(source) }
    }
  }

  /// Whether any of the rows is in a gallery, which is then a copy of the one they were in.
  func hasRows(in db: Database) throws -> Bool {
    if isWhole {
      let row = try RawStatement(db, "SELECT 1 FROM identity WHERE id = ? AND created_at = ?")
      try row.bind(identity.id, at: 1)
      try row.bind(identity.createdAt, at: 2)
      if try row.step() { return true }
    }
    let row = try RawStatement(db, "SELECT 1 FROM embedding WHERE \(Row.condition)")
    for wanted in embeddings {
      row.reset()
      try wanted.bind(to: row)
      if try row.step() { return true }
    }
    return false
  }
}
