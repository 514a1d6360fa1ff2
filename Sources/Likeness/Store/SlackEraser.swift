import Foundation
import GRDB
import GRDBSQLite

/// Overwrites what deleted rows left in the unused middle of pages.
///
/// `secure_delete` overwrites a deleted row where it lies. It does not know of the copies that rows leave behind when
/// SQLite moves them: deleting neighbours merges half-empty pages, and in the pages that gave rows away, the bytes
/// between the list of rows and the first row stay as they were. Those bytes mean nothing to SQLite, so that they can
/// be overwritten in the file while others read it, and a crash in the middle does no harm.
///
/// The page layout is that of *Database File Format*, section 1.6, https://www.sqlite.org/fileformat2.html.
struct SlackEraser {
  private let file: UnsafeMutablePointer<sqlite3_file>
  private let methods: sqlite3_io_methods

  /// Opens the database file of `db` below SQLite, through the handle that SQLite itself uses: another one would drop
  /// this process's locks when it is closed.
  private init?(_ db: Database) {
    guard let connection = db.sqliteConnection else { return nil }
    var pointer: UnsafeMutablePointer<sqlite3_file>?
    let code = withUnsafeMutablePointer(to: &pointer) {
      sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, $0)
    }
    guard code == SQLITE_OK, let pointer, let methods = pointer.pointee.pMethods else { return nil }
    file = pointer
    self.methods = methods.pointee
  }

  /// Overwrites the slack of all pages with rows.
  ///
  /// `db` must be in a write transaction, so that nobody else changes the file, its write-ahead log must be empty, so
  /// that the file is all there is, and it must be closed after committing something: pages with slack may be in its
  /// cache. The commit makes all other connections drop theirs.
  ///
  /// - Returns: false where the file is not laid out as expected, and nothing was written.
  static func erase(_ db: Database) throws -> Bool {
    guard let eraser = SlackEraser(db) else { return false }
    return try eraser.erase()
  }

  private func erase() throws -> Bool {
    var header = [UInt8](repeating: 0, count: 100)
    try read(&header, at: 0)
    guard header.starts(with: Array("SQLite format 3\0".utf8)) else { return false }
    let pageSize = Self.number(header[...], 16) == 1 ? 65_536 : Self.number(header[...], 16)
    var size: Int64 = 0
    guard methods.xFileSize?(file, &size) == SQLITE_OK, (512...65_536).contains(pageSize) else { return false }
    let pages = Int(size) / pageSize
    // Bytes reserved at the end of pages belong to an extension, a checksum perhaps. And only below this number of
    // pages does the first byte tell a page of rows from one that continues a long row.
    guard header[20] == 0, pages < 0x0A00_0000 else { return false }

    let chunk = max(1, 1_048_576 / pageSize)
    var buffer = [UInt8](repeating: 0, count: chunk * pageSize)
    var first = 0
    var hasWritten = false
    while first < pages {
      let count = min(chunk, pages - first)
      if count < chunk { buffer.removeLast((chunk - count) * pageSize) }
      try read(&buffer, at: first * pageSize)
      for page in 0..<count {
        let start = page * pageSize
        guard let slack = Self.slack(buffer[start..<start + pageSize], isFirst: first + page == 0) else { continue }
        try clear(slack.lowerBound + first * pageSize..<slack.upperBound + first * pageSize)
        hasWritten = true
      }
      first += count
    }
    if hasWritten { try check(methods.xSync?(file, SQLITE_SYNC_FULL)) }
    return true
  }

  /// The unused middle of a page with rows, if anything is in it; nil for all other pages.
  private static func slack(_ page: ArraySlice<UInt8>, isFirst: Bool) -> Range<Int>? {
    let header = page.startIndex + (isFirst ? 100 : 0)
    // A leaf of a table, or of an index.
    guard page[header] == 0x0D || page[header] == 0x0A else { return nil }
    let rows = number(page, header + 3)
    let listed = header + 8 + 2 * rows
    let content = page.startIndex + (number(page, header + 5) == 0 ? 65_536 : number(page, header + 5))
    guard listed <= content, content <= page.endIndex else { return nil }
    for row in 0..<rows where page.startIndex + number(page, header + 8 + 2 * row) < content { return nil }
    return page[listed..<content].contains { $0 != 0 } ? listed..<content : nil
  }

  private static func number(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Int {
    Int(bytes[index]) << 8 | Int(bytes[index + 1])
  }

  private func read(_ buffer: inout [UInt8], at offset: Int) throws {
    let code = buffer.withUnsafeMutableBytes { methods.xRead?(file, $0.baseAddress, Int32($0.count), Int64(offset)) }
    try check(code)
  }

  private func clear(_ range: Range<Int>) throws {
    let zeros = [UInt8](repeating: 0, count: range.count)
    let code = zeros.withUnsafeBytes {
      methods.xWrite?(file, $0.baseAddress, Int32($0.count), Int64(range.lowerBound))
    }
    try check(code)
  }

  private func check(_ code: Int32?) throws {
    guard let code else { throw DatabaseError(resultCode: .SQLITE_IOERR) }
    if code != SQLITE_OK { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }
}
