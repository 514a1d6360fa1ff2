import Files
import GRDB

/// The table `copy`: copies of the gallery that the library made, and in which somebody who is forgotten may still be.
enum CopyRegister {
  /// Why a copy was made.
  enum Reason: String, Sendable {
    /// Somebody asked for it.
    case backup
    /// Before the schema changed.
    case migration
    /// Before rows were removed by `doctor`.
    case repair
  }

  struct Entry: Sendable, Hashable {
    var path: String
    var reason: String
  }

  static func add(_ path: String, reason: Reason, in db: Database) throws {
    let statement = try RawStatement(
      db,
      """
      INSERT INTO copy (path, reason) VALUES (?, ?) ON CONFLICT (path) DO UPDATE
      SET reason = excluded.reason, made_at = excluded.made_at
      """)
    try statement.bind(Links.absolute(path), at: 1)
    try statement.bind(reason.rawValue, at: 2)
    try statement.run()
  }

  /// The copies that are there still. Those that are not are struck off by ``strikeOff(_:in:)``.
  static func all(in db: Database) throws -> [Entry] {
    guard try db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'copy'") > 0 else { return [] }
    let rows = try RawStatement(db, "SELECT path, reason FROM copy ORDER BY path")
    var entries: [Entry] = []
    while try rows.step() { entries.append(Entry(path: rows.text(0) ?? "", reason: rows.text(1) ?? "")) }
    return entries
  }

  static func strikeOff(_ path: String, in db: Database) throws {
    let statement = try RawStatement(db, "DELETE FROM copy WHERE path = ?")
    try statement.bind(path, at: 1)
    try statement.run()
  }
}
