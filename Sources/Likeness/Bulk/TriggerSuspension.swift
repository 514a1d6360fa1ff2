import CDatabaseConfiguration
import GRDB
import GRDBSQLite

/// Stores many embeddings without running the triggers for each, and does for all of them at once what those would have
/// done: check the embedder, the identity and the length, which the library has done before, and write the change log.
///
/// Only where the gallery has exactly the triggers of its schema: one that somebody added runs. The CHECK constraints of
/// rows without attributes hold no surprise either: names and hashes were checked before.
final class TriggerSuspension {
  /// From how many embeddings on it is worth it.
  private static let fewest = 64

  private let log: RawStatement

  private init(_ db: Database) throws {
    log = try RawStatement(db, "INSERT INTO change (embedding_id, kind) VALUES (?, ?)")
  }

  /// Runs `body`, which stores rows, with triggers suspended, or with nil where they stay.
  ///
  /// - Parameter replacing: where embeddings may give way, `body` notes every change, so that the log has their order.
  static func during<T>(
    _ rows: CheckedEnrollments, replacing: Replacement, in db: Database, _ body: (TriggerSuspension?) throws -> T
  ) throws -> T {
    guard rows.enrollments.count >= fewest, let connection = db.sqliteConnection,
      try ExpectedSchema.missingTriggers(in: db).isEmpty,
      try !ExpectedSchema.added(in: db).contains(where: { $0.type == "trigger" })
    else { return try body(nil) }
    let last = try db.integer("SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'embedding'), 0)")
    guard likeness_enable_triggers(UnsafeMutableRawPointer(connection), 0) == SQLITE_OK else { return try body(nil) }
    defer { _ = likeness_enable_triggers(UnsafeMutableRawPointer(connection), 1) }
    let isPlain = rows.attributes.allSatisfy { $0 == "{}" }
    if isPlain { sqlite3_exec(connection, "PRAGMA ignore_check_constraints = ON", nil, nil, nil) }
    defer { if isPlain { sqlite3_exec(connection, "PRAGMA ignore_check_constraints = OFF", nil, nil, nil) } }
    let result = try body(TriggerSuspension(db))
    if replacing == .nothing {
      let inserted = try RawStatement(
        db, "INSERT INTO change (embedding_id, kind) SELECT id, 'insert' FROM embedding WHERE id > ? ORDER BY id")
      try inserted.bind(last, at: 1)
      try inserted.run()
    }
    return result
  }

  /// Writes into the log what became of an embedding: `insert`, `update` or `delete`.
  func note(_ kind: String, _ id: Int64) throws {
    try log.bind(id, at: 1)
    try log.bind(kind, at: 2)
    try log.run()
  }
}
