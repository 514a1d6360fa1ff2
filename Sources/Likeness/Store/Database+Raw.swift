import Foundation
import GRDB
import GRDBSQLite

/// SQLite's own statement: for the loops that touch every row of a batch, and because GRDB's rows stop the process
/// where a value is not of the type asked for, which a file made by another hand may bring about. Values here are
/// converted as SQLite converts them.
struct RawStatement: ~Copyable {
  private let handle: OpaquePointer
  private let connection: OpaquePointer
  /// Keeps the cached statement alive.
  private let owner: Statement

  /// Takes the statement from the connection's cache, reset and without bindings.
  ///
  /// - Parameter isCached: false for a statement that is made for this once: the cache only grows.
  init(_ db: Database, _ sql: String, isCached: Bool = true) throws {
    let statement = isCached ? try db.cachedStatement(sql: sql) : try db.makeStatement(sql: sql)
    guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
    owner = statement
    handle = statement.sqliteStatement
    self.connection = connection
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  deinit {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Steps to the next row; false when there is none.
  func step() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw failure()
    }
  }

  /// Makes the statement ready for the next bindings.
  func reset() { sqlite3_reset(handle) }

  /// Runs a statement that returns no row, and makes it ready again.
  func run() throws {
    defer { reset() }
    while try step() {}
  }

  /// Runs a statement that has to change so many rows itself.
  ///
  /// - Throws: where a trigger that somebody else made kept some as they were, as `RAISE(IGNORE)` does without a word.
  func run(changing rows: Int32) throws {
    try run()
    let changed = sqlite3_changes(connection)
    if changed != rows {
      throw DatabaseError(
        resultCode: .SQLITE_CONSTRAINT_TRIGGER,
        message:
          "\(counted(Int(rows - changed), "row")) stayed as before: a trigger that is not this library's kept them so "
          + "(SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' shows it); nothing was changed")
    }
  }

  /// The id of the row that the connection inserted last.
  var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(connection) }

  // MARK: Parameters, counted from 1

  /// How many there are.
  var parameterCount: Int32 { sqlite3_bind_parameter_count(handle) }

  func bind(_ value: Int64, at index: Int32) throws { try check(sqlite3_bind_int64(handle, index, value)) }

  func bind(_ value: Double?, at index: Int32) throws {
    if let value {
      try check(sqlite3_bind_double(handle, index, value))
    } else {
      try check(sqlite3_bind_null(handle, index))
    }
  }

  func bind(_ value: String?, at index: Int32) throws {
    guard var value else { return try check(sqlite3_bind_null(handle, index)) }
    // SQLITE_TRANSIENT: SQLite takes a copy.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    let code = value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        characters.baseAddress.map { sqlite3_bind_text64(handle, index, $0, UInt64(bytes.count), transient, 1) }
          ?? sqlite3_bind_text64(handle, index, "", 0, transient, 1)
      }
    }
    try check(code)
  }

  /// Binds bytes that must stay where they are until the statement was run.
  func bind(borrowing bytes: UnsafeRawBufferPointer, at index: Int32) throws {
    try check(sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil))
  }

  // MARK: Columns, counted from 0

  func bytes(_ column: Int32) -> Data? {
    blob(column).map { Data($0) }
  }

  func number(_ column: Int32) -> Double? { isNull(column) ? nil : sqlite3_column_double(handle, column) }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// The id of a row in a scan by id, which has to come after the one before: in a damaged file a scan may go round in
  /// circles.
  func id(_ column: Int32, after last: Int64?) throws -> Int64 {
    let id = integer(column)
    if let last, id <= last {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "row \(id) comes after row \(last)")
    }
    return id
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func text(_ column: Int32) -> String? {
    guard let start = sqlite3_column_text(handle, column) else { return nil }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// The bytes of a blob until the next step, possibly unaligned; nil where the column holds anything else.
  func blob(_ column: Int32) -> UnsafeRawBufferPointer? {
    guard sqlite3_column_type(handle, column) == SQLITE_BLOB else { return nil }
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }

  /// How many columns a row has.
  var columnCount: Int32 { sqlite3_column_count(handle) }

  /// What a column holds: `SQLITE_INTEGER`, `SQLITE_FLOAT`, `SQLITE_TEXT`, `SQLITE_BLOB` or `SQLITE_NULL`.
  func type(_ column: Int32) -> Int32 { sqlite3_column_type(handle, column) }

  /// The bytes of a text or a blob until the next step, as they are in the file.
  func rawBytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }

  private func check(_ code: Int32) throws {
    if code != SQLITE_OK { throw failure() }
  }

  private func failure() -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
      message: String(cString: sqlite3_errmsg(connection)))
  }
}

extension Database {
  /// Runs a statement on the row with an id, which it has to change.
  func change(_ sql: String, row id: Int64) throws {
    let statement = try RawStatement(self, sql)
    try statement.bind(id, at: 1)
    try statement.run(changing: 1)
  }

  /// The first column of the first row as a number; 0 where there is no row.
  func integer(_ sql: String, _ argument: Int64? = nil) throws -> Int64 {
    let statement = try RawStatement(self, sql)
    if let argument { try statement.bind(argument, at: 1) }
    return try statement.step() ? statement.integer(0) : 0
  }

  /// The first column of the first row as text; nil where there is no row, or NULL.
  func text(_ sql: String, _ argument: Int64? = nil) throws -> String? {
    let statement = try RawStatement(self, sql)
    if let argument { try statement.bind(argument, at: 1) }
    return try statement.step() ? statement.text(0) : nil
  }
}
