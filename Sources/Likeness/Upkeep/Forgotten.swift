import GRDB

/// Rows that are to be forgotten, as they were: enough to know them again in a copy.
///
/// Numbers are never used again in one gallery, and a row keeps its time, so number and time together are the row, whatever
/// it was called when the copy was made.
struct Forgotten: Sendable {
  /// A row by its number and its time.
  struct Row: Sendable, Hashable {
    var id: Int64
    var createdAt: String
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
      embeddings.append(Row(id: rows.integer(0), createdAt: rows.text(1) ?? ""))
      vectorBytes += Int(rows.integer(2))
      if let source = rows.text(3), seen.insert(source).inserted { sources.append(source) }
    }
  }

  /// Whether any of the rows is in a gallery, which is then a copy of the one they were in.
  func hasRows(in db: Database) throws -> Bool {
    func has(_ rows: [Row], _ table: String) throws -> Bool {
      let row = try RawStatement(db, "SELECT 1 FROM \(table) WHERE id = ? AND created_at = ?")
      for wanted in rows {
        row.reset()
        try row.bind(wanted.id, at: 1)
        try row.bind(wanted.createdAt, at: 2)
        if try row.step() { return true }
      }
      return false
    }
    return try isWhole && has([identity], "identity") || has(embeddings, "embedding")
  }
}
