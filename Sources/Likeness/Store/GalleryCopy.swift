import Files
import Foundation
import GRDB

/// A verified copy of a gallery file.
struct GalleryCopy: Sendable {
  /// Its size in bytes.
  var bytes: Int
  /// What it holds, which is what the gallery holds.
  var digest: ContentDigest

  /// Why a copy was not kept, as a sentence without its subject.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Copies the snapshot that `db`, in a read transaction, sees: SQLite's online backup, page by page, while others read
  /// and write. The copy is made under another name, is read whole and compared, written through to the disk, and gets
  /// its name last. It has no write-ahead log, so that it can be read from any medium.
  ///
  /// Who may read or write it is who may read or write the gallery, from the first byte on.
  ///
  /// What deleted rows left in the pages is overwritten in the copy where that is not done in the gallery yet.
  ///
  /// - Parameter owner: whose rights it gets; nil for the file's at `sourcePath`.
  /// - Throws: ``Failure``; `DatabaseError`; `DurableFile.Failure`. Then nothing of the copy is left.
  static func make(
    of db: Database, sourcePath: String, rightsOf owner: String? = nil, at path: String, replacing: Bool,
    progress: ((GalleryProgress) -> Void)? = nil
  ) throws -> GalleryCopy {
    let path = try DurableFile.place(of: path)
    let temporary = UnfinishedFiles.begin(path)
    defer {
      for suffix in ["", "-journal", "-wal", "-shm"] { DurableFile.remove(temporary + suffix) }
    }
    try DurableFile.make(temporary, rightsOf: owner ?? sourcePath)
    let expected = try ContentDigest.of(db)
    try pages(of: db, to: temporary, progress)
    let found = try inspect(temporary)
    if !found.faults.isEmpty, try faults(db) != found.faults {
      throw Failure(description: "the copy is damaged (\(found.faults.prefix(2).joined(separator: "; ")))")
    }
    guard found.digest == expected else {
      throw Failure(description: "the copy does not hold what \(sourcePath) holds")
    }
    try DurableFile.publish(temporary, as: path, replacing: replacing)
    return GalleryCopy(bytes: DurableFile.size(path) ?? 0, digest: found.digest)
  }

  private static func pages(of db: Database, to temporary: String, _ progress: ((GalleryProgress) -> Void)?) throws {
    let target = try DatabaseQueue(path: temporary)
    defer { try? target.close() }
    try target.inDatabase { copy in
      // 16 MB a step, with pages of the usual size.
      try db.backup(to: copy, pagesPerStep: 4_096) { step in
        progress?(GalleryProgress(completed: step.completedPageCount, total: step.totalPageCount))
      }
      try copy.execute(sql: "PRAGMA secure_delete = ON")
      _ = try copy.text("PRAGMA journal_mode = DELETE")
      // Of a gallery of an earlier version that table may have been dropped.
      if try copy.tableExists("erasure"), try copy.integer("SELECT count(*) FROM erasure") > 0 {
        try copy.inTransaction(.immediate) {
          if try SlackEraser.erase(copy) { try copy.execute(sql: "DELETE FROM erasure") }
          return .commit
        }
      }
    }
  }

  /// What a closed copy holds, and what SQLite finds wrong with its pages.
  private static func inspect(_ path: String) throws -> (faults: [String], digest: ContentDigest) {
    var configuration = Configuration()
    configuration.readonly = true
    let copy = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? copy.close() }
    return try copy.inDatabase { db in (try faults(db), try ContentDigest.of(db)) }
  }

  /// What SQLite finds wrong with pages and references between them; constraints of rows are another matter.
  private static func faults(_ db: Database) throws -> [String] {
    let before = try db.integer("PRAGMA ignore_check_constraints")
    try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
    defer { if before == 0 { try? db.execute(sql: "PRAGMA ignore_check_constraints = OFF") } }
    return try Integrity.faults(in: db)
  }
}
