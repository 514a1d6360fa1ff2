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

    /// That it was put back, as a sentence.
    var restored: String {
      type == "table"
        ? "the table \(name) is there again, empty\(ExpectedSchema.losses[name].map { ": \($0)" } ?? "")"
        : "the \(type) \(name) is back as it should be"
    }
  }

  /// What a gallery can do without, by table, and what that costs.
  fileprivate static let losses = [
    "change": "indexes compare all rows once",
    "erasure": "all that deleted rows may have left is overwritten once",
    "copy": "where earlier copies are is not known any more",
    "import_progress": "no import goes on where it ended, or is known to be done",
    "training_run": "the trainings that were noted are not known any more",
    "training_epoch": "the epochs of trainings are not known any more",
    "training_member": "who was in which training is known by model cards alone",
  ]

  /// What a version defines.
  private struct Definition: Sendable {
    var entries: [Entry] = []
    /// By table.
    var columns: [String: [String]] = [:]
  }

  /// By version, from 1. Read back from an empty gallery in memory, so that schema/ stays the one definition.
  private static let all: Result<[Definition], any Error> = Result {
    let empty = try DatabaseQueue()
    return try GallerySchema.migrations.map { migration in
      try empty.write { db in
        try db.execute(sql: migration)
        let entries = try entries(in: db)
        let tables = entries.filter { $0.type == "table" }.map(\.name)
        return Definition(
          entries: entries,
          columns: try Dictionary(uniqueKeysWithValues: tables.map { ($0, try columns(of: $0, in: db)) }))
      }
    }
  }

  /// What `db` should hold, by its version; what the newest known version holds where it is newer.
  private static func definition(for db: Database) throws -> Definition {
    let versions = try all.get()
    let version = Int(try db.integer("PRAGMA user_version"))
    return version < 1 ? Definition() : versions[min(version, versions.count) - 1]
  }

  private static func expected(in db: Database) throws -> [Entry] { try definition(for: db).entries }

  /// What keeps `db` from being of the version that it says it is, whatever is put back, as a sentence; nil for nothing. What
  /// others added does not.
  static func lack(in db: Database) throws -> String? {
    let restored = Set(try restorable(in: db).map(\.name))
    for (table, wanted) in try definition(for: db).columns.sorted(by: { $0.key < $1.key })
    where !restored.contains(table) {
      let columns = try columns(of: table, in: db)
      if columns.isEmpty { return "it has no table \(table)" }
      if let column = wanted.first(where: { !columns.contains($0) }) {
        return "its table \(table) has no column \(column)"
      }
    }
    return nil
  }

  /// The columns of a table; none where there is no such table. Never asked of tables of others: those of a module that is not
  /// loaded here have none.
  private static func columns(of table: String, in db: Database) throws -> [String] {
    let statement = try RawStatement(
      db,
      """
      SELECT name FROM pragma_table_xinfo(?1) WHERE EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)
      """)
    try statement.bind(table, at: 1)
    var columns: [String] = []
    while try statement.step() { columns.append(statement.text(0) ?? "") }
    return columns
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

  /// What of ``missing(in:)`` can be put back, in an order in which it can: triggers, and views, indexes and tables whose names
  /// nothing else has. Of tables only those that are gone, and that a gallery can do without.
  static func restorable(in db: Database) throws -> [Entry] {
    let types = Dictionary(
      try entries(in: db).filter { $0.type != "trigger" }.map { ($0.name, $0.type) },
      uniquingKeysWith: { first, _ in first })
    let order = ["table", "index", "view", "trigger"]
    return try order.flatMap { type in
      try missing(in: db).filter { entry in
        guard entry.type == type else { return false }
        if type == "table" { return types[entry.name] == nil && losses[entry.name] != nil }
        return type == "trigger" || types[entry.name] ?? type == type
      }
    }
  }

  /// What of that writing relies on, which opening a gallery puts back.
  static func needed(in db: Database) throws -> [Entry] {
    let all = try restorable(in: db)
    let tables = Set(all.filter { $0.type == "table" }.map(\.name))
    return all.filter { $0.type == "trigger" || tables.contains($0.type == "table" ? $0.name : $0.table) }
  }

  /// Puts back one of ``restorable(in:)``.
  static func putBack(_ entry: Entry, in db: Database) throws {
    if entry.type != "table" { try db.execute(sql: "DROP \(entry.type) IF EXISTS \(entry.name)") }
    try db.execute(sql: entry.sql)
    // It may have said that there is something to be done.
    if entry.type == "table", entry.name == "erasure" { try db.execute(sql: "INSERT INTO erasure (id) VALUES (1)") }
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
