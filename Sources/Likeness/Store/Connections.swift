import Files
import Foundation
import GRDB
import GRDBSQLite
import HNSW
import Locks

/// The connections of an open gallery: one that writes, and as many that read as there are threads asking.
///
/// Writers of one process wait for each other here, writers of other processes in SQLite's busy handler. Readers wait
/// for nobody: each reads its own snapshot of the write-ahead log.
///
/// This is not GRDB's `DatabasePool`, which on opening sets `synchronous = NORMAL` after the caller's configuration
/// and writes to the file (a table made and dropped) whenever the log is empty, so that opening waits for writers.
final class Connections: Sendable {
  let path: String
  /// Opens further connections the way the first was opened.
  private let factory: ConnectionFactory
  private let writer: DatabaseQueue
  private let pool: Locked<Pool>
  /// Held by whoever uses the writer.
  private let watch: Locked<CommitWatch>
  /// The files that all connections are to; nil once closed.
  private let files: Locked<DatabaseFiles?>

  /// A connection for reading, and what its last snapshot said.
  private struct Reader {
    var queue: DatabaseQueue
    var last = LastSnapshot()
    /// Kept as long as the connection is open.
    var files: DatabaseFiles
  }

  private struct Pool {
    var idle: [Reader] = []
    var isClosed = false
  }

  /// - Throws: ``GalleryError/moved(path:file:)`` where the writer's file is not at its path.
  init(path: String, factory: ConnectionFactory, writer: DatabaseQueue) throws {
    let files = DatabaseFiles(of: path, hasLog: factory.mode != .immutable)
    if writer.inDatabase({ $0.hasMoved }) { throw GalleryError.moved(path: path, file: path) }
    self.files = Locked(files)
    self.path = path
    self.factory = factory
    self.writer = writer
    pool = Locked(Pool())
    watch = Locked(CommitWatch())
  }

  deinit { if factory.mode == .readOnly { try? close() } }

  /// What others have committed; nil where that cannot be told without waiting, as this process is writing.
  func strangeCommits() -> StrangeCommits? { look { $0.strangeCommits } }

  /// What others have committed, where they have written since this was asked last, and up to where the write-ahead log
  /// was looked at; nil where that cannot be told without waiting, as this process is writing.
  func newsOfStrangers() -> (commits: StrangeCommits, written: WrittenRows, end: WriteAheadLog.Position?)? {
    look { watch in (watch.strangeCommits, watch.takeWritten(), watch.position) }
  }

  private func look<T>(_ body: (inout CommitWatch) -> T) -> T? {
    watch.withLockIfFree { watch -> T? in
      do {
        var now = watch
        try writer.inDatabase { db in
          try db.inTransaction(.deferred) {
            try now.look(db)
            return .commit
          }
        }
        watch = now
        return body(&watch)
      } catch {
        return nil
      }
    } ?? nil
  }

  /// One transaction that reads: every statement of `body` sees the same commit. The snapshot is taken by the first
  /// statement, not before. `body` may keep in `last` what it learned of the snapshot.
  func read<T>(_ body: (Database, inout LastSnapshot) throws -> T) throws -> T {
    let idle = try pool.withLock { pool in
      if pool.isClosed { throw GalleryError.closed(path: path) }
      return pool.idle.popLast()
    }
    var reader = try idle ?? makeReader()
    defer {
      let isClosed = pool.withLock { pool in
        if !pool.isClosed, pool.idle.count < 16 { pool.idle.append(reader) }
        return pool.isClosed
      }
      if isClosed { try? close(reader.queue) }
    }
    return try reader.queue.inDatabase { db in
      while true {
        var result: T?
        do {
          try db.inTransaction(.deferred) {
            result = try body(db, &reader.last)
            return .commit
          }
        } catch is StaleSnapshot {
          reader.last.head = nil
          continue
        } catch {
          // Where SQLite met a damaged page and the body went on, there is nothing to be committed, but a result.
          guard let result else { throw error }
          return result
        }
        guard let result else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
        return result
      }
    }
  }

  /// Thrown by a body that needs a snapshot taken anew: it is run again, with nothing known of the one before.
  struct StaleSnapshot: Error {}

  /// One transaction that reads.
  func read<T>(_ body: (Database) throws -> T) throws -> T {
    try read { db, _ in try body(db) }
  }

  private func makeReader() throws -> Reader {
    guard let files = files.withLock({ $0 }) else { throw GalleryError.closed(path: path) }
    return Reader(queue: try inPlace { try factory.makeReader() }, files: files)
  }

  /// A new connection, which is to the files that the others are to.
  private func inPlace(_ make: () throws -> DatabaseQueue) throws -> DatabaseQueue {
    // Where there is no file, SQLite would make one.
    try checkPlace()
    let queue = try make()
    do {
      try checkPlace()
    } catch {
      try? queue.close()
      throw error
    }
    return queue
  }

  /// Refuses to go on where the gallery's files are not at their paths any more: what is written then is found by nobody,
  /// and what is opened is something else.
  ///
  /// - Throws: ``GalleryError/moved(path:file:)``, ``GalleryError/closed(path:)``.
  func checkPlace() throws {
    guard let files = files.withLock({ $0 }) else { throw GalleryError.closed(path: path) }
    if let file = files.missing { throw GalleryError.moved(path: path, file: file) }
  }

  /// One transaction that writes, committed when `body` returns and undone when it throws.
  ///
  /// - Throws: ``GalleryError/moved(path:file:)`` where the gallery's files are not at their paths any more.
  func write<T>(_ body: (Database) throws -> T) throws -> T {
    try checkOpen()
    return try watch.withLock { watch in
      var now = watch
      let result = try writer.write { db in
        // Whoever else committed before did so before this transaction, which is alone.
        try now.look(db)
        let result = try body(db)
        try now.prepareOwn(db)
        // Last of all, so that as little as can be happens between it and the commit.
        try checkPlace()
        return result
      }
      writer.inDatabase { db in now.noteOwn(db) }
      watch = now
      return result
    }
  }

  /// The writing connection outside of a transaction.
  func onWriter<T>(_ body: (Database) throws -> T) throws -> T {
    try checkOpen()
    return try watch.withLock { _ in try writer.inDatabase(body) }
  }

  /// One more connection that writes, for work after which a connection has to go.
  func makeWriter() throws -> DatabaseQueue {
    try checkOpen()
    return try inPlace { try factory.makeWriter() }
  }

  /// Closes all connections; those in use when they are given back. The last one to go empties the write-ahead log, but where
  /// they only read.
  func close() throws {
    let idle = pool.withLock { pool in
      defer { pool = Pool(isClosed: true) }
      return pool.idle
    }
    for reader in idle { try? close(reader.queue) }
    try close(writer)
    files.withLock { $0 = nil }
  }

  private func close(_ queue: DatabaseQueue) throws {
    if factory.mode == .readOnly { try factory.closeKeeping(queue) } else { try queue.close() }
  }

  /// - Throws: ``GalleryError/closed(path:)`` after ``close()``.
  func checkOpen() throws {
    if pool.withLock(\.isClosed) { throw GalleryError.closed(path: path) }
  }
}

extension Database {
  /// Whether the file that a connection has open is not at its path any more.
  fileprivate var hasMoved: Bool {
    guard let connection = sqliteConnection else { return false }
    var answer: Int32 = 0
    return sqlite3_file_control(connection, "main", SQLITE_FCNTL_HAS_MOVED, &answer) == SQLITE_OK && answer != 0
  }
}
