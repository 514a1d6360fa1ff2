import Foundation
import GRDB
import GRDBSQLite

/// Overwrites what deleted rows left in bytes of the file that mean nothing.
///
/// `secure_delete` overwrites a deleted row where it lies. It does not know of the copies that rows leave behind when
/// SQLite moves them: deleting neighbours merges half-empty pages, and in the pages that gave rows away, the bytes
/// between the list of rows and the first row stay as they were. And programs that write without it leave rows in free
/// pages, in free blocks of pages, and behind the end of long rows. All these bytes mean nothing to SQLite, so that they
/// can be overwritten in the file while others read it, and a crash in the middle does no harm.
///
/// Which bytes mean something is found by going through every tree of the file, from its root.
struct SlackEraser {
  private let file: UnsafeMutablePointer<sqlite3_file>
  private let methods: sqlite3_io_methods
  private var pageSize = 0
  /// How much of a page SQLite uses: not what is reserved at its end for an extension, a checksum perhaps. Apple's SQLite
  /// reserves some in every file it makes.
  private var usable = 0
  /// By page number, whether it was looked at.
  private var seen: [Bool] = []
  private var hasWritten = false

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

  /// Overwrites all that means nothing.
  ///
  /// `db` must be in a write transaction, so that nobody else changes the file, its write-ahead log must be empty, so
  /// that the file is all there is, and it must be closed after committing something: pages with slack may be in its
  /// cache. The commit makes all other connections drop theirs.
  ///
  /// - Returns: false where the file is not laid out as expected; then something may be left.
  static func erase(_ db: Database) throws -> Bool {
    guard var eraser = SlackEraser(db) else { return false }
    var roots = [1]
    let rows = try RawStatement(db, "SELECT rootpage FROM sqlite_schema WHERE rootpage > 1")
    while try rows.step() { roots.append(Int(rows.integer(0))) }
    return try eraser.erase(roots)
  }

  private mutating func erase(_ roots: [Int]) throws -> Bool {
    var header = [UInt8](repeating: 0, count: 100)
    try read(&header, at: 0)
    guard header.starts(with: Array("SQLite format 3\0".utf8)) else { return false }
    let size = Self.number(header, 16, 2)
    pageSize = size == 1 ? 65_536 : size
    var bytes: Int64 = 0
    usable = pageSize - Int(header[20])
    guard methods.xFileSize?(file, &bytes) == SQLITE_OK, (512...65_536).contains(pageSize), usable >= 480
    else { return false }
    seen = [Bool](repeating: false, count: Int(bytes) / pageSize + 1)

    var isKnown = try eraseFree(from: Self.number(header, 32, 4))
    var page = [UInt8](repeating: 0, count: pageSize)
    var next = Array(roots.reversed())
    while let number = next.popLast() {
      guard begin(number) else {
        isKnown = false
        continue
      }
      try read(&page, at: (number - 1) * pageSize)
      guard let slack = PageSlack(page[..<usable], isFirst: number == 1) else {
        isKnown = false
        continue
      }
      try clear(slack.unused, of: number, page)
      next.append(contentsOf: slack.children.reversed())
      for continuation in slack.continuations {
        if try !eraseEnd(of: continuation) { isKnown = false }
      }
    }
    if hasWritten { try check(methods.xSync?(file, SQLITE_SYNC_FULL)) }
    // Pages that nothing leads to may hold what was deleted, and mean something to somebody.
    let hasMaps = Self.number(header, 52, 4) != 0
    return isKnown && (1..<seen.count).allSatisfy { seen[$0] || isOfNoTree($0, hasMaps: hasMaps) }
  }

  /// Whether a page holds no rows by its number: the one that locks are on, and maps of pointers.
  private func isOfNoTree(_ number: Int, hasMaps: Bool) -> Bool {
    let lock = 0x4000_0000 / pageSize + 1
    if number == lock { return true }
    guard hasMaps, number >= 2 else { return false }
    func isMap(_ number: Int) -> Bool { (number - 2) % (usable / 5 + 1) == 0 }
    return isMap(number) || number == lock + 1 && isMap(lock)
  }

  /// Notes that a page is looked at; false where there is none of that number, or it was.
  private mutating func begin(_ number: Int) -> Bool {
    guard number > 0, number < seen.count, !seen[number] else { return false }
    seen[number] = true
    return true
  }

  /// Overwrites the free pages, which are in a list of lists.
  private mutating func eraseFree(from first: Int) throws -> Bool {
    var page = [UInt8](repeating: 0, count: pageSize)
    var other = page
    var number = first
    while number != 0 {
      guard begin(number) else { return false }
      try read(&page, at: (number - 1) * pageSize)
      let count = Self.number(page, 4, 4)
      guard count <= usable / 4 - 2 else { return false }
      try clear([8 + 4 * count..<usable], of: number, page)
      for i in 0..<count {
        let free = Self.number(page, 8 + 4 * i, 4)
        guard begin(free) else { return false }
        try read(&other, at: (free - 1) * pageSize)
        try clear([0..<usable], of: free, other)
      }
      number = Self.number(page, 0, 4)
    }
    return true
  }

  /// Overwrites what is behind the end of a long row, on the last of its pages.
  private mutating func eraseEnd(of continuation: PageSlack.Continuation) throws -> Bool {
    var (number, left) = (continuation.page, continuation.bytes)
    var link = [UInt8](repeating: 0, count: 4)
    while left > usable - 4 {
      guard begin(number) else { return false }
      try read(&link, at: (number - 1) * pageSize)
      number = Self.number(link, 0, 4)
      left -= usable - 4
    }
    guard begin(number) else { return false }
    if left == usable - 4 { return true }
    var page = [UInt8](repeating: 0, count: pageSize)
    try read(&page, at: (number - 1) * pageSize)
    try clear([4 + left..<usable], of: number, page)
    return true
  }

  /// Overwrites parts of a page, where anything is in them.
  private mutating func clear(_ ranges: [Range<Int>], of number: Int, _ page: [UInt8]) throws {
    var page = page
    var isClear = true
    for range in ranges where page[range].contains(where: { $0 != 0 }) {
      page.replaceSubrange(range, with: repeatElement(0, count: range.count))
      isClear = false
    }
    if isClear { return }
    // Whole pages, as SQLite writes them: an extension that puts something of its own behind each sees them all.
    let code = page.withUnsafeBytes {
      methods.xWrite?(file, $0.baseAddress, Int32($0.count), Int64(number - 1) * Int64(pageSize))
    }
    try check(code)
    hasWritten = true
  }

  private static func number(_ bytes: [UInt8], _ index: Int, _ count: Int) -> Int {
    bytes[index..<index + count].reduce(0) { $0 << 8 | Int($1) }
  }

  private func read(_ buffer: inout [UInt8], at offset: Int) throws {
    let code = buffer.withUnsafeMutableBytes { methods.xRead?(file, $0.baseAddress, Int32($0.count), Int64(offset)) }
    try check(code)
  }

  private func check(_ code: Int32?) throws {
    guard let code else { throw DatabaseError(resultCode: .SQLITE_IOERR) }
    if code != SQLITE_OK { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }
}
