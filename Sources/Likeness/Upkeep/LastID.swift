import GRDB

/// Tables that take no more rows because another hand gave one of them the last id there is, 2⁶³ − 1. Ids are never used
/// again, so SQLite has none left for the next row, and says that the disk is full.
enum LastID {
  /// The tables that this has happened to.
  static func tables(in db: Database) throws -> [String] {
    // A row that got it by UPDATE is not in sqlite_sequence.
    let rows = try RawStatement(
      db,
      """
      SELECT name FROM sqlite_sequence WHERE seq >= \(Int64.max) AND name IN ('change', 'embedding', 'identity')
      UNION SELECT 'change' FROM change WHERE sequence = \(Int64.max)
      UNION SELECT 'embedding' FROM embedding WHERE id = \(Int64.max)
      UNION SELECT 'identity' FROM identity WHERE id = \(Int64.max)
      ORDER BY name
      """)
    var tables: [String] = []
    while try rows.step() { tables.append(rows.text(0) ?? "") }
    return tables
  }

  /// Runs `body`, and where SQLite has no id left says so.
  static func explaining<T>(_ path: String, in db: Database, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
      guard let table = try? tables(in: db).first else { throw error }
      throw GalleryError.idsUsedUp(path: path, table: table)
    }
  }

  /// Gives the row with the last id the one after the highest that others have, or had as far as the log goes.
  ///
  /// - Returns: What was done, as a sentence.
  static func giveBack(_ table: String, in db: Database) throws -> String {
    if table == "change" {
      // Whoever follows it compares all rows once.
      try db.execute(sql: "DELETE FROM change; UPDATE sqlite_sequence SET seq = 0 WHERE name = 'change'")
      return "the change log, which had come to the last number there is, begins anew"
    }
    let highest = try db.integer("SELECT max(id) FROM \(table) WHERE id < \(Int64.max)")
    let named =
      table == "embedding"
      ? try db.integer("SELECT max(embedding_id) FROM change WHERE embedding_id < \(Int64.max)") : 0
    let id = max(highest, named, 0) + 1
    guard id < .max else { return "\(table) \(Int64.max) keeps its id, as the one before is taken, too" }
    try db.execute(sql: "PRAGMA defer_foreign_keys = ON; UPDATE \(table) SET id = \(id) WHERE id = \(Int64.max)")
    if table == "identity" {
      for other in ["embedding", "training_member"] {
        try db.execute(sql: "UPDATE \(other) SET identity_id = \(id) WHERE identity_id = \(Int64.max)")
      }
    }
    try db.execute(sql: "UPDATE sqlite_sequence SET seq = \(id) WHERE name = '\(table)'")
    return "\(table) \(Int64.max), after which no more could be stored, has the id \(id)"
  }
}
