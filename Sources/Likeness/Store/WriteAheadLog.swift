import GRDB
import GRDBSQLite

/// SQLite's write-ahead log as the commits in it, read below SQLite through the handles that SQLite itself uses: closing
/// others would drop this process's locks.
///
/// The layout is that of *WAL-mode File Format*, https://www.sqlite.org/walformat.html: of the index in shared memory
/// only its header, of the log its frames.
struct WriteAheadLog {
  /// A place between two commits.
  struct Position: Sendable, Hashable {
    /// Changes when the log begins anew from its start.
    var salts: UInt64
    /// How many frames there are.
    var frames: UInt32
    /// Counts commits, whoever made them.
    var commits: UInt32
    var pageSize: Int
  }

  /// One commit.
  struct Commit: Sendable, Hashable {
    /// The number of the last change in the log of changes, where the commit wrote it.
    var sequence: Int64?
    /// Whether rows of `embedding` may be on pages that it wrote.
    var mayHoldEmbeddings = false
    /// The ids of the first and the last row of each page that may hold rows of `embedding`.
    var ids: [ClosedRange<Int64>] = []
    /// Whether rows that it changed are all on these pages, or go on from there: not where it wrote a page in the middle
    /// of a long row and left the row's beginning as it was.
    var isUnderstood = true
  }

  /// The root pages of tables whose contents are looked at.
  struct Roots: Sendable, Hashable {
    var sequences: UInt32
    var embedding: UInt32

    init(in db: Database) throws {
      let root = "SELECT rootpage FROM sqlite_schema WHERE name ="
      sequences = UInt32(clamping: try db.integer("\(root) 'sqlite_sequence'"))
      embedding = UInt32(clamping: try db.integer("\(root) 'embedding'"))
    }
  }

  private let database: UnsafeMutablePointer<sqlite3_file>
  private let log: UnsafeMutablePointer<sqlite3_file>
  /// Bytes at the end of each page that are an extension's.
  private let reserved: Int

  /// The log of a connection that has read something already; nil where there is none.
  init?(_ db: Database) {
    guard let connection = db.sqliteConnection,
      let database = Self.file(of: connection, SQLITE_FCNTL_FILE_POINTER),
      let log = Self.file(of: connection, SQLITE_FCNTL_JOURNAL_POINTER),
      database.pointee.pMethods.pointee.iVersion >= 2, database.pointee.pMethods.pointee.xShmMap != nil
    else { return nil }
    (self.database, self.log) = (database, log)
    var reserved: Int32 = -1
    let code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved)
    self.reserved = code == SQLITE_OK ? min(max(Int(reserved), 0), 255) : 0
  }

  private static func file(of connection: OpaquePointer, _ operation: Int32) -> UnsafeMutablePointer<sqlite3_file>? {
    var pointer: UnsafeMutablePointer<sqlite3_file>?
    let code = withUnsafeMutablePointer(to: &pointer) { sqlite3_file_control(connection, "main", operation, $0) }
    guard code == SQLITE_OK, let pointer, pointer.pointee.pMethods != nil else { return nil }
    return pointer
  }

  // MARK: The header of the index

  /// Where the log ends now; nil where that cannot be told.
  func end() -> Position? {
    var region: UnsafeMutableRawPointer?
    guard database.pointee.pMethods.pointee.xShmMap?(database, 0, 32_768, 0, &region) == SQLITE_OK, let region
    else { return nil }
    // The header is there twice, and is whole where both are the same.
    for _ in 0..<100 {
      let first = region.loadUnaligned(as: Header.self)
      let second = region.loadUnaligned(fromByteOffset: Self.headerSize, as: Header.self)
      if first == second { return first.position }
    }
    return nil
  }

  private static let headerSize = 48

  private struct Header: BitwiseCopyable, Equatable {
    var version: UInt32
    var unused: UInt32
    var commits: UInt32
    var isInitialized: UInt8
    var isBigEndian: UInt8
    var pageSize: UInt16
    var frames: UInt32
    var pages: UInt32
    var frameChecksum: UInt64
    var salts: UInt64
    var checksum: UInt64

    var position: Position? {
      guard version == 3_007_000, isInitialized == 1 else { return nil }
      return Position(
        salts: salts, frames: frames, commits: commits, pageSize: pageSize == 1 ? 65_536 : Int(pageSize))
    }
  }

  // MARK: Frames

  /// The commits in the frames between two positions, oldest first; nil where the log began anew meanwhile.
  func commits(after start: Position, to end: Position, roots: Roots) -> [Commit]? {
    guard (512...65_536).contains(end.pageSize) else { return nil }
    var commits: [Commit] = []
    var pages = CommitPages(roots: roots)
    var frame = [UInt8](repeating: 0, count: 24 + end.pageSize)
    let first = start.salts == end.salts ? start.frames : 0
    guard first <= end.frames else { return nil }
    for number in first..<end.frames {
      let offset = 32 + Int64(number) * Int64(frame.count)
      let code = frame.withUnsafeMutableBytes {
        log.pointee.pMethods.pointee.xRead?(log, $0.baseAddress, Int32($0.count), offset)
      }
      let salts = frame.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
      guard code == SQLITE_OK, salts == end.salts,
        pages.read(TablePage(frame[24..<frame.count - reserved]), number: UInt32(Self.number(frame, 0)))
      else { return nil }
      // Only a commit's last frame says how large the file is.
      if Self.number(frame, 4) > 0 {
        commits.append(pages.end())
        pages = CommitPages(roots: roots)
      }
    }
    return commits
  }

  private static func number(_ bytes: [UInt8], _ index: Int) -> Int {
    bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
