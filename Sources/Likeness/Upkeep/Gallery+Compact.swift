import Files
import Foundation
import GRDB

/// What ``Gallery/compact()`` did.
public struct CompactReport: Sendable, Hashable, Codable {
  /// The gallery's path.
  public var path: String
  /// The size of the file and its write-ahead log before.
  public var bytesBefore: Int
  /// Their size now.
  public var bytesAfter: Int
  /// How many bytes were given back to the file system.
  public var bytesFreed: Int
  /// How many entries of the change log were dropped.
  public var changesPruned: Int
  /// How many vectors were given a checksum: those that another hand had stored.
  public var checksumsGiven: Int
  /// Whether an erasure is still pending; see ``ForgetReceipt/Erasure/pending``.
  public var erasurePending: Bool
  /// How long it took.
  public var seconds: Double

  private enum CodingKeys: String, CodingKey {
    case path, seconds
    case bytesBefore = "bytes_before"
    case bytesAfter = "bytes_after"
    case bytesFreed = "bytes_freed"
    case changesPruned = "changes_pruned"
    case checksumsGiven = "checksums_given"
    case erasurePending = "erasure_pending"
  }
}

extension Gallery {
  /// How many changes are kept for others that follow; one that is further behind compares all rows once.
  private static let changesKept = 1_000

  /// Makes the file as small as its rows: writes them anew without gaps (`VACUUM`), drops old entries of the change log,
  /// empties the write-ahead log and gives the room back. Vectors that came without a checksum get one.
  ///
  /// Bytes of rows that others deleted without overwriting them are gone after it, too. It needs room on the disk for
  /// about the gallery once more while it runs, and other writers wait.
  ///
  /// - Throws: ``GalleryError/cannotCompact(path:reason:)`` where a reader keeps older pages in use, naming it where the
  ///   system tells; ``GalleryError/locked(path:seconds:holder:)`` where a writer is in the way;
  ///   ``GalleryError/diskFull(path:)``.
  @discardableResult
  public func compact() throws -> CompactReport {
    if let readOnlyReason { throw GalleryError.readOnly(path: path, reason: readOnlyReason) }
    let started = ContinuousClock.now
    return try translating {
      let before = filesSize
      try requireEmptyLog("nothing was done")
      let given = try giveChecksums()
      let pruned = try connections.write { db in
        let count = try db.integer("SELECT count(*) FROM change")
        try ChangeLog.prune(db, toLast: Self.changesKept)
        return Int(count - (try db.integer("SELECT count(*) FROM change")))
      }
      try vacuum()
      try requireEmptyLog("the rows are written anew, and the room is given back once that is over")
      if try connections.read({ db in try db.integer("SELECT count(*) FROM erasure") }) > 0 {
        _ = try erase(waiting: true)
      }
      let after = filesSize
      return CompactReport(
        path: path, bytesBefore: before, bytesAfter: after, bytesFreed: before - after, changesPruned: pruned,
        checksumsGiven: given,
        erasurePending: try connections.read { db in try db.integer("SELECT count(*) FROM erasure") > 0 },
        seconds: Double((ContinuousClock.now - started) / .milliseconds(1)) / 1_000)
    }
  }

  private var filesSize: Int { (DurableFile.size(path) ?? 0) + (DurableFile.size(path + "-wal") ?? 0) }

  private func requireEmptyLog(_ state: String) throws {
    if try emptyLog(waiting: true) { return }
    if let writer = LockHolder.describe(writerOf: path) {
      throw GalleryError.locked(path: path, seconds: configuration.busyTimeout, holder: writer)
    }
    let holder = LockHolder.readers(of: path) ?? "another program"
    throw GalleryError.cannotCompact(
      path: path,
      reason: "\(holder) is in the middle of reading older pages; \(state). End that, or wait for it, and repeat")
  }

  /// `VACUUM`, in a connection of its own: large galleries are sorted through a file, not through memory.
  private func vacuum() throws {
    let connection = try connections.makeWriter()
    defer { try? connection.close() }
    try connection.inDatabase { db in
      if filesSize > 268_435_456 { try db.execute(sql: "PRAGMA temp_store = FILE") }
      try db.execute(sql: "VACUUM")
    }
    try connections.checkPlace()
  }

  /// Gives vectors that have none a checksum, some thousands a transaction; how many.
  private func giveChecksums() throws -> Int {
    var last: Int64?
    var given = 0
    var hasMore = true
    while hasMore {
      given += try connections.write { db in
        var sums: [(id: Int64, sum: UInt32)] = []
        let rows = try RawStatement(
          db,
          """
          SELECT id, vector FROM embedding WHERE id >= ? AND crc32 IS NULL AND typeof(vector) = 'blob' ORDER BY id LIMIT 4096
          """)
        try rows.bind(last.map { $0 + 1 } ?? .min, at: 1)
        while try rows.step() {
          let id = try rows.id(0, after: last)
          last = id
          if let blob = rows.blob(1) { sums.append((id, CRC32.of(blob))) }
        }
        hasMore = !sums.isEmpty && last != .max
        let update = try RawStatement(db, "UPDATE embedding SET crc32 = ? WHERE id = ?")
        for (id, sum) in sums {
          try update.bind(Int64(sum), at: 1)
          try update.bind(id, at: 2)
          try update.run()
        }
        return sums.count
      }
    }
    return given
  }
}
