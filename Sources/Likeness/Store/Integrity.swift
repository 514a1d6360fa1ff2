import GRDB

/// What SQLite itself can say of a file.
enum Integrity {
  /// The lines of `PRAGMA integrity_check`: pages, records, indexes and constraints; none where all is well.
  static func faults(in db: Database, limit: Int = 100) throws -> [String] {
    let lines = try RawStatement(db, "PRAGMA integrity_check(\(limit))")
    var faults: [String] = []
    while try lines.step() {
      if let line = lines.text(0), line != "ok" { faults.append(line) }
    }
    return faults
  }
}
