import Crypto
import Digests
import Foundation
import GRDB
import GRDBSQLite

/// What a gallery holds, in few words: how many rows each table has, and one hash of all values.
///
/// Two galleries have the same digest if they hold the same rows, however their files are laid out. What only keeps the
/// file in order (`change`, `erasure`, `copy`) does not count. Nor do virtual tables of others, whose module need not be here:
/// what they keep is in ordinary tables.
struct ContentDigest: Sendable, Hashable {
  /// Rows by table.
  var rows: [String: Int] = [:]
  /// Lower-case hexadecimal SHA-256.
  var sha256 = ""

  private static let passing: Set<String> = ["change", "erasure", "copy"]

  /// The digest of the snapshot that `db` is in.
  static func of(_ db: Database) throws -> ContentDigest {
    var tables: [String] = []
    let names = try RawStatement(
      db,
      """
      SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
      ORDER BY name
      """)
    while try names.step() {
      if let name = names.text(0), !passing.contains(name) { tables.append(name) }
    }
    var digest = ContentDigest()
    var sum = Sum()
    for table in tables {
      Array(table.utf8).withUnsafeBytes { sum.add(SQLITE_TEXT, $0) }
      digest.rows[table] = try add(table, of: db, to: &sum)
    }
    digest.sha256 = sum.finish()
    return digest
  }

  private static func add(_ table: String, of db: Database, to sum: inout Sum) throws -> Int {
    let quoted = "\"" + table.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    var keys: [String] = []
    let columns = try RawStatement(db, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")
    try columns.bind(table, at: 1)
    while try columns.step() {
      keys.append("\"" + (columns.text(0) ?? "").replacingOccurrences(of: "\"", with: "\"\"") + "\"")
    }
    let order = keys.isEmpty ? "rowid" : keys.joined(separator: ", ")
    let rows = try RawStatement(db, "SELECT * FROM \(quoted) ORDER BY \(order)")
    var count = 0
    while try rows.step() {
      count += 1
      for column in 0..<rows.columnCount {
        let type = rows.type(column)
        switch type {
        case SQLITE_INTEGER: withUnsafeBytes(of: rows.integer(column).littleEndian) { sum.add(type, $0) }
        case SQLITE_FLOAT:
          withUnsafeBytes(of: (rows.number(column) ?? 0).bitPattern.littleEndian) { sum.add(type, $0) }
        case SQLITE_NULL: sum.add(type, UnsafeRawBufferPointer(start: nil, count: 0))
        default: sum.add(type, rows.rawBytes(column))
        }
      }
    }
    return count
  }

  /// SHA-256 of values with their types and lengths, fed in larger pieces.
  private struct Sum {
    private var hash = SHA256()
    private var waiting: [UInt8] = []

    init() { waiting.reserveCapacity(1 << 17) }

    mutating func add(_ type: Int32, _ bytes: UnsafeRawBufferPointer) {
      waiting.append(UInt8(truncatingIfNeeded: type))
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { waiting.append(contentsOf: $0) }
      waiting.append(contentsOf: bytes)
      if waiting.count > 1 << 16 { flush() }
    }

    private mutating func flush() {
      hash.update(data: waiting)
      waiting.removeAll(keepingCapacity: true)
    }

    mutating func finish() -> String {
      flush()
      return hash.finalize().hexadecimal
    }
  }
}
