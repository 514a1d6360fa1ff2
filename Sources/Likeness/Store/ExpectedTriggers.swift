import GRDB
import GallerySchema

/// The triggers a gallery relies on, as schema/ defines them. Without them the change log has gaps.
enum ExpectedTriggers {
  struct Trigger: Sendable, Hashable {
    var name: String
    var sql: String
  }

  /// Read back from an empty gallery in memory, so that schema/ stays the one definition.
  private static let all: Result<[Trigger], any Error> = Result {
    let empty = try DatabaseQueue()
    return try empty.write { db in
      for migration in GallerySchema.migrations { try db.execute(sql: migration) }
      return try triggers(in: db)
    }
  }

  /// Those that `db` lacks, or has otherwise than they should be.
  static func missing(in db: Database) throws -> [Trigger] {
    let present = Set(try triggers(in: db))
    return try all.get().filter { !present.contains($0) }
  }

  private static func triggers(in db: Database) throws -> [Trigger] {
    let statement = try RawStatement(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")
    var triggers: [Trigger] = []
    while try statement.step() {
      triggers.append(Trigger(name: statement.text(0) ?? "", sql: statement.text(1) ?? ""))
    }
    return triggers
  }
}
