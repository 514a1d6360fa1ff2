import Foundation
import GRDBSQLite

/// Reads a gallery with nothing but SQLite: what the library says is held against this.
struct PlainReader {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// What is in the file, recovering its write-ahead log on the way. Goes past the faulty disk: not for files that it
  /// watches.
  static func read(_ path: String) throws -> Rows {
    try connected(path, vfs: "unix") { connection in
      let check = try texts(connection, "PRAGMA integrity_check")
      if check != ["ok"] { throw Failure(description: "integrity_check: \(check.prefix(3))") }
      let orphans = try texts(connection, "SELECT \"table\" FROM pragma_foreign_key_check")
      if !orphans.isEmpty { throw Failure(description: "rows of \(orphans[0]) refer to nothing") }
      var rows = Rows()
      // A gallery whose making was interrupted holds nothing yet.
      if try texts(connection, "SELECT name FROM sqlite_schema WHERE name = 'identity'").isEmpty { return rows }
      try forEachRow(connection, "SELECT name FROM identity") { statement in
        rows.identities.insert(text(statement, 0) ?? "")
      }
      try forEachRow(
        connection,
        "SELECT i.name, e.source, e.vector FROM embedding AS e JOIN identity AS i ON i.id = e.identity_id ORDER BY e.id"
      ) { statement in
        let count = Int(sqlite3_column_bytes(statement, 2))
        var vector = [Float](repeating: 0, count: count / 4)
        if let blob = sqlite3_column_blob(statement, 2) {
          vector.withUnsafeMutableBytes {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: blob, count: count / 4 * 4))
          }
        }
        rows.rows.append(Rows.Row(identity: text(statement, 0) ?? "", vector: vector, source: text(statement, 1)))
      }
      return rows
    }
  }

  /// Runs SQL by another hand, with SQLite's defaults.
  static func execute(_ path: String, _ sql: String) throws {
    try connected(path) { connection in
      guard sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
        throw Failure(description: String(cString: sqlite3_errmsg(connection)))
      }
    }
  }

  private static func connected<T>(
    _ path: String, vfs: String? = nil, _ body: (OpaquePointer) throws -> T
  ) throws -> T {
    var connection: OpaquePointer?
    let code = sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs)
    defer { sqlite3_close(connection) }
    guard code == SQLITE_OK, let connection else { throw Failure(description: "\(path) cannot be opened: \(code)") }
    sqlite3_busy_timeout(connection, 10_000)
    return try body(connection)
  }

  private static func texts(_ connection: OpaquePointer, _ sql: String) throws -> [String] {
    var found: [String] = []
    try forEachRow(connection, sql) { found.append(text($0, 0) ?? "") }
    return found
  }

  private static func forEachRow(_ connection: OpaquePointer, _ sql: String, _ body: (OpaquePointer) -> Void) throws {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
      throw Failure(description: String(cString: sqlite3_errmsg(connection)))
    }
    defer { sqlite3_finalize(statement) }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: body(statement)
      case SQLITE_DONE: return
      default: throw Failure(description: String(cString: sqlite3_errmsg(connection)))
      }
    }
  }

  private static func text(_ statement: OpaquePointer, _ column: Int32) -> String? {
    sqlite3_column_text(statement, column).map { String(cString: $0) }
  }
}
