import Files
import Foundation
import GRDB

/// Copies that nobody told the gallery of: made with `cp`, renamed, or left unfinished. They are looked for in the folder of
/// the gallery and those of its copies, and never written to.
struct StrayCopies {
  /// Of a folder with more files no more are looked at.
  static let limit = 20_000

  private let folders: [String]
  private let known: [String]

  /// - Parameters:
  ///   - path: the gallery.
  ///   - copies: the copies that were looked at.
  ///   - places: where else copies were made.
  init(of path: String, known copies: [String], also places: [String]) {
    known = [path] + copies
    folders = Set((known + places).map { PathParts.folder(of: Links.absolute($0)) }).sorted()
  }

  /// The copies that hold somebody, and those that may and cannot be read.
  func holding(_ forgotten: Forgotten) -> [ForgetReceipt.Copy] { folders.flatMap { look(in: $0, forgotten) } }

  private func look(in folder: String, _ forgotten: Forgotten) -> [ForgetReceipt.Copy] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    var copies = names.prefix(Self.limit).compactMap { name in
      look(at: folder == "/" ? "/" + name : folder + "/" + name, name: name, forgotten)
    }
    if names.count > Self.limit {
      copies.append(
        ForgetReceipt.Copy(
          path: folder, reason: Self.reason, state: .unknown,
          problem: "of its \(names.count) files the first \(Self.limit) were looked at"))
    }
    return copies
  }

  static let reason = "unregistered"

  /// What is to be said of a file; nil for nothing.
  private func look(at path: String, name: String, _ forgotten: Forgotten) -> ForgetReceipt.Copy? {
    guard let header = DatabaseHeader(path), header.bytes.count == 100 else { return nil }
    let isUnfinished = UnfinishedFiles.isName(name)
    guard header.isDatabase || isUnfinished, !known.contains(where: { DurableFile.isSame($0, path) }) else {
      return nil
    }
    var copy = ForgetReceipt.Copy(path: path, reason: Self.reason, state: .holds)
    do {
      guard try holds(path, header, forgotten) else { return nil }
    } catch {
      // What is no gallery cannot be read as one either.
      guard header.isGallery || isUnfinished else { return nil }
      copy.state = .unknown
      copy.problem = FileCheck.sentence(error)
    }
    if isUnfinished { copy.problem = "a copy that was not finished" }
    return copy
  }

  private func holds(_ path: String, _ header: DatabaseHeader, _ forgotten: Forgotten) throws -> Bool {
    // Without its log, so that no file is made beside it, as long as there is no need.
    let factory = ConnectionFactory(path: path, mode: .immutable, busyTimeout: 1, durability: .processCrash)
    let file = try factory.makeReader()
    defer { try? file.close() }
    let (tables, hasRows) = try file.inDatabase { db in
      let tables = try db.integer("SELECT count(*) FROM sqlite_schema")
      let isGallery = try Self.isGallery(db)
      return (tables, try isGallery && forgotten.hasRows(in: db))
    }
    if hasRows { return true }
    // Of a young gallery all but the first page may be in the log. Another program's database is let alone.
    guard header.isGallery || tables == 0, let log = DurableFile.size(path + "-wal"), log > 0 else { return false }
    var configuration = Configuration()
    configuration.readonly = true
    let whole = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? whole.close() }
    return try whole.inDatabase { db in try Self.isGallery(db) && forgotten.hasRows(in: db) }
  }

  private static func isGallery(_ db: Database) throws -> Bool {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('identity', 'embedding')"
    return try db.integer("PRAGMA application_id") == GalleryFile.applicationID && db.integer(tables) == 2
  }
}
