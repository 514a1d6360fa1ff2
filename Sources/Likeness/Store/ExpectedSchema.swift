import GRDB
import GallerySchema

/// The tables, indexes, triggers and views of a gallery, as schema/ defines them. Without the triggers the change log
/// has gaps.
enum ExpectedSchema {
  /// One entry of `sqlite_schema`.
  struct Entry: Sendable, Hashable {
    var type: String
    var name: String
    var table: String
    var sql: String
  }

  /// By version, from 1. Read back from an empty gallery in memory, so that schema/ stays the one definition.
  private static let all: Result<[[Entry]], any Error> = Result {
    let empty = try DatabaseQueue()
    return try GallerySchema.migrations.map { migration in
      try empty.write { db in
        try db.execute(sql: migration)
        return try entries(in: db)
      }
    }
  }

  /// What `db` should hold, by its version; what the newest known version holds where it is newer.
  private static func expected(in db: Database) throws -> [Entry] {
    let versions = try all.get()
    let version = Int(try db.integer("PRAGMA user_version"))
    return version < 1 ? [] : versions[min(version, versions.count) - 1]
  }

  /// What `db` lacks, or has otherwise than it should.
  static func missing(in db: Database) throws -> [Entry] {
    let present = Set(try entries(in: db))
    return try expected(in: db).filter { !present.contains($0) }
  }

  /// The triggers among them.
  static func missingTriggers(in db: Database) throws -> [Entry] {
    try missing(in: db).filter { $0.type == "trigger" }
  }

  /// What others added to `db`.
  static func added(in db: Database) throws -> [Entry] {
    let known = Set(try expected(in: db).map(\.name))
    return try entries(in: db).filter { !known.contains($0.name) }
  }

  /// Puts back a trigger, a view or an index as it should be.
  static func putBack(_ entry: Entry, in db: Database) throws {
    guard entry.type != "table" else { return }
    try db.execute(sql: "DROP \(entry.type) IF EXISTS \(entry.name)")
    try db.execute(sql: entry.sql)
  }

  private static func entries(in db: Database) throws -> [Entry] {
    let statement = try RawStatement(
      db, "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
    )
    var entries: [Entry] = []
    while try statement.step() {
      entries.append(
        Entry(
          type: statement.text(0) ?? "", name: statement.text(1) ?? "", table: statement.text(2) ?? "",
          sql: statement.text(3) ?? ""))
    }
    return entries
  }
}
