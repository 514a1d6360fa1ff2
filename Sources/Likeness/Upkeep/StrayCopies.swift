import Files
import Foundation
import GRDB

/// Copies that nobody told the gallery of: made with `cp`, renamed, or left unfinished. They are looked for in the folder of
/// the gallery and those of its copies, and never written to.
struct StrayCopies {
  /// Folders that hold more files are not looked through to their end.
  static let limit = 2_000

  private let folders: [String]
  private let known: [String]

  /// - Parameters:
  ///   - path: the gallery.
  ///   - copies: the copies it knows of.
  init(of path: String, known copies: [String]) {
    let all = [path] + copies
    known = all
    folders = Set(all.map { (Links.absolute($0) as NSString).deletingLastPathComponent }).sorted()
  }

  /// The copies that hold somebody, and those that may and cannot be read.
  func holding(_ forgotten: Forgotten) -> [ForgetReceipt.Copy] {
    folders.flatMap(files).compactMap { path in
      let isUnfinished = path.contains(".partial-")
      var copy = ForgetReceipt.Copy(path: path, reason: "unregistered", state: .holds)
      do {
        guard try holds(path, forgotten) else { return nil }
      } catch {
        // What is no gallery cannot be read either.
        guard isUnfinished else { return nil }
        copy.state = .unknown
      }
      if isUnfinished { copy.problem = "a copy that was not finished" }
      return copy
    }
  }

  /// The files of a folder that may be databases.
  private func files(_ folder: String) -> [String] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return names.prefix(Self.limit).map { folder == "/" ? "/" + $0 : folder + "/" + $0 }.filter { path in
      if ["-wal", "-shm", "-journal", "-index"].contains(where: path.hasSuffix) { return false }
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      guard attributes?[.type] as? FileAttributeType == .typeRegular, let size = attributes?[.size] as? Int,
        size >= 1_024, size % 512 == 0
      else { return false }
      return !known.contains { DurableFile.isSame($0, path) }
    }
  }

  private func holds(_ path: String, _ forgotten: Forgotten) throws -> Bool {
    // Without its log, so that no file is made beside one that may be another program's.
    let factory = ConnectionFactory(path: path, mode: .immutable, busyTimeout: 1, durability: .processCrash)
    let file = try factory.makeReader()
    defer { try? file.close() }
    let (isGallery, hasRows) = try file.inDatabase { db in
      let isGallery = try Self.isGallery(db)
      return (isGallery, try isGallery && forgotten.hasRows(in: db))
    }
    if hasRows { return true }
    guard isGallery, let log = DurableFile.size(path + "-wal"), log > 0 else { return false }
    var configuration = Configuration()
    configuration.readonly = true
    let whole = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? whole.close() }
    return try whole.inDatabase { db in try forgotten.hasRows(in: db) }
  }

  private static func isGallery(_ db: Database) throws -> Bool {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('identity', 'embedding')"
    return try db.integer("PRAGMA application_id") == GalleryFile.applicationID && db.integer(tables) == 2
  }
}
