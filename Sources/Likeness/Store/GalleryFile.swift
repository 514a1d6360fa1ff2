import Files
import Foundation
import GRDB
import GRDBSQLite
import GallerySchema

/// Opens a gallery file: finds out what a path is, makes a gallery where nothing is, brings an older one up to date,
/// and refuses everything else without touching it.
struct GalleryFile {
  /// `LIKE`, as `PRAGMA application_id` stores it.
  static let applicationID: Int64 = 0x4C49_4B45
  /// The schema version that this library writes.
  static var supportedVersion: Int { GallerySchema.migrations.count }

  let connections: Connections
  /// Why nothing can be written, as a sentence; nil where writing is possible.
  let readOnlyReason: String?

  /// What the file's own words say it is.
  private enum Content {
    case nothing
    case gallery(version: Int)
  }

  /// Where a path leads, as SQLite follows a symbolic link too: what is beside a gallery is beside the file itself. Nor is
  /// a path ever one of SQLite's own words (`:memory:`, `file:`…).
  static func resolved(_ path: String) -> String {
    Links.followed(path.hasPrefix(":") || path.hasPrefix("file:") ? "./" + path : path)
  }

  static func open(path: String, configuration: GalleryConfiguration) throws -> GalleryFile {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    if !PathParts.isPath(path) { throw GalleryError.cannotOpen(path: path, reason: PathParts.noPath) }
    if isDirectory.boolValue { throw GalleryError.notAGallery(path: path, reason: "it is a directory") }
    if exists, let other = try? Destination(path), other != .file(path) {
      throw GalleryError.notAGallery(path: path, reason: "it is no file, but a pipe or a device")
    }
    if !exists { try checkRoom(path, configuration) }
    do {
      return try open(path, mode: configuration.readOnly ? .readOnly : .readWrite, configuration)
    } catch let error as DatabaseError where exists && error.isRefusalOfSharedFiles {
      if let reason = LongName.reason(path, neighbour: LongName.log) {
        return try openImmutable(path, configuration, cause: "its name is too long", reason: reason)
      }
      return try openImmutable(
        path, configuration, cause: "its folder is read-only",
        reason: "its file system, or its folder, is read-only: copy it to where you may write")
    } catch let error as DatabaseError where exists && error.isFileSizeLimit {
      return try openImmutable(
        path, configuration, cause: "this process may write no large files", reason: ProcessLimits.fileSizeSentence)
    } catch let error as DatabaseError where exists && error.isLackOfRoom {
      return try openImmutable(
        path, configuration, cause: "its disk is full", reason: "its disk is full: free some space, and open it again")
    }
  }

  private static func open(
    _ path: String, mode: ConnectionFactory.Mode, _ configuration: GalleryConfiguration, immutable: String = ""
  ) throws -> GalleryFile {
    let factory = ConnectionFactory(
      path: path, mode: mode, busyTimeout: configuration.busyTimeout, durability: configuration.durability)
    let writer = try factory.makeWriter(isKnown: false)
    let (content, fileIsReadOnly): (Content, Bool)
    do {
      (content, fileIsReadOnly) = try writer.inDatabase { db in (try examine(db, path: path), try isReadOnly(db)) }
    } catch {
      try? factory.closeKeeping(writer)
      throw error
    }
    if mode == .readWrite { factory.keepLog(false, of: writer) }
    var reason: String? =
      switch mode {
      case .immutable: immutable
      case .readOnly: "it was opened read-only, as its configuration asks"
      case .readWrite: fileIsReadOnly ? "the file is read-only: give yourself the right to write, or copy it" : nil
      }
    switch content {
    case .gallery(let version) where version > supportedVersion:
      reason =
        "its schema is version \(version), and this library knows \(supportedVersion): "
        + "update the library; until then the gallery is open for reading"
    case .gallery(let version) where version == supportedVersion:
      if reason == nil, let lack = try writer.inDatabase({ db in try ExpectedSchema.lack(in: db) }) {
        reason = "\(lack), as version \(version) defines it: see what 'likeness doctor \(path)' says"
      }
      if reason == nil { try bringUp(writer, configuration) }
    case .gallery(let version):
      if reason == nil { reason = try Migration(factory: factory, logger: configuration.logger).run(on: writer) }
      if reason == nil {
        try bringUp(writer, configuration)
      } else {
        reason = "its schema is version \(version), which this library only reads, and \(reason ?? "")"
      }
    case .nothing:
      if let reason {
        throw GalleryError.cannotOpen(path: path, reason: "it has to become a gallery, but \(reason)")
      }
      _ = try Migration(factory: factory, logger: configuration.logger).run(on: writer)
      try bringUp(writer, configuration)
    }
    return GalleryFile(
      connections: try Connections(path: path, factory: factory, writer: writer), readOnlyReason: reason)
  }

  /// Opens a file whose neighbours (`-wal`, `-shm`) cannot be made. Rows that are still in a log beside it would be
  /// missed that way, so a log with anything in it is a refusal.
  private static func openImmutable(
    _ path: String, _ configuration: GalleryConfiguration, cause: String, reason: String
  ) throws -> GalleryFile {
    let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
    if let log, log > 0 {
      throw GalleryError.cannotOpen(
        path: path,
        reason: "\(cause), and \(path)-wal holds rows that are not in it yet: "
          + "copy both files to where you may write")
    }
    return try open(path, mode: .immutable, configuration, immutable: reason)
  }

  private static func checkRoom(_ path: String, _ configuration: GalleryConfiguration) throws {
    if configuration.readOnly {
      throw GalleryError.cannotOpen(path: path, reason: "there is no such file, and opening read-only makes none")
    }
    let folder = PathParts.openFolder(of: path)
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory)
    if !exists || !isDirectory.boolValue {
      throw GalleryError.cannotOpen(path: path, reason: PathParts.noFolder(folder))
    }
    if let reason = LongName.reason(path) { throw GalleryError.cannotOpen(path: path, reason: reason) }
    if !FileManager.default.isWritableFile(atPath: folder) {
      throw GalleryError.cannotOpen(path: path, reason: "you may not write in the folder \(folder)")
    }
  }

  private static func examine(_ db: Database, path: String) throws -> Content {
    let application = try db.integer("PRAGMA application_id")
    let version = Int(try db.integer("PRAGMA user_version"))
    var tables: [String] = []
    let names = try RawStatement(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    while try names.step() { tables.append(names.text(0) ?? "") }
    if application == applicationID, version > 0 { return .gallery(version: version) }
    if tables.isEmpty, application == 0, version == 0 {
      // SQLite takes a file of a single byte for an empty one, and would write over it.
      if DurableFile.size(Links.followed(path)) == 1 {
        throw GalleryError.notAGallery(path: path, reason: "it is not an SQLite database")
      }
      return .nothing
    }
    let first = tables.prefix(3).joined(separator: ", ")
    throw GalleryError.notAGallery(
      path: path,
      reason: "it is another program's SQLite database"
        + (tables.isEmpty ? "" : ", with the tables \(first)\(tables.count > 3 ? ", …" : "")"))
  }

  private static func isReadOnly(_ db: Database) throws -> Bool {
    guard let connection = db.sqliteConnection else { return true }
    return sqlite3_db_readonly(connection, "main") == 1
  }

  /// Sees to what writing relies on: the write-ahead log, and triggers and tables that somebody dropped.
  private static func bringUp(_ writer: DatabaseQueue, _ configuration: GalleryConfiguration) throws {
    let missing = try writer.inDatabase { db in
      do {
        try Migration.useLog(db, waiting: min(configuration.busyTimeout, 1), usually: configuration.busyTimeout)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
        // It does without: readers and writers wait for each other then.
        configuration.logger.notice(
          """
          another program took the write-ahead log from this gallery, and has it open: until it is opened again after that \
          program is done, readers and writers wait for each other
          """)
      }
      return try ExpectedSchema.needed(in: db)
    }
    if missing.isEmpty { return }
    try writer.write { db in
      for entry in try ExpectedSchema.needed(in: db) {
        try ExpectedSchema.putBack(entry, in: db)
        if entry.type == "table" { configuration.logger.warning("\(entry.restored)") }
      }
    }
  }
}

extension DatabaseError {
  /// Whether SQLite could not make or open the files beside a database in WAL mode.
  fileprivate var isRefusalOfSharedFiles: Bool {
    resultCode == .SQLITE_CANTOPEN || resultCode == .SQLITE_READONLY
  }

  /// Whether there was no room for them.
  fileprivate var isLackOfRoom: Bool {
    resultCode == .SQLITE_FULL || extendedResultCode == .SQLITE_IOERR_SHMSIZE
  }
}
