import Files
import Foundation
import GRDB

/// What ``Gallery/backup(to:replacing:progress:)`` made.
public struct BackupReceipt: Sendable, Hashable, Codable {
  /// The gallery's path.
  public var gallery: String
  /// The copy's path.
  public var path: String
  /// The copy's size.
  public var bytes: Int
  /// How many identities are in it.
  public var identities: Int
  /// How many embeddings are in it.
  public var embeddings: Int
  /// One hash of all its rows, read back from it: lower-case hexadecimal SHA-256, as ``Verification/contentSHA256``.
  public var contentSHA256: String
  /// How long it took.
  public var seconds: Double

  private enum CodingKeys: String, CodingKey {
    case gallery, path, bytes, identities, embeddings, seconds
    case contentSHA256 = "content_sha256"
  }
}

extension Gallery {
  /// Copies the gallery into one file, while others read and write it.
  ///
  /// The copy is the gallery at one moment. It is made by SQLite's online backup under another name, then read whole
  /// and compared with the gallery (pages, counts, a hash of all rows), written through to the disk, and gets its name last:
  /// a file of that name is a whole gallery. It is opened like any gallery. Where it is, is kept in the table `copy`, so that
  /// ``forget(_:)`` can say who is in it still.
  ///
  /// - Parameters:
  ///   - path: The copy's path. A symbolic link stays, and the copy is where it leads.
  ///   - replacing: Whether a file that is there gives way.
  ///   - progress: Called from this thread, in pages.
  /// - Throws: ``GalleryError/cannotBackUp(path:reason:)``, and then there is no copy; other ``GalleryError``s.
  @discardableResult
  public func backup(
    to path: String, replacing: Bool = false, progress: ((GalleryProgress) -> Void)? = nil
  ) throws -> BackupReceipt {
    let started = ContinuousClock.now
    try checkDestination(path, replacing: replacing)
    let path = try placeOfCopy(at: path, replacing: replacing)
    let copy = try notedCopy(at: path, reason: .backup, replacing: replacing, progress: progress)
    return BackupReceipt(
      gallery: self.path, path: path, bytes: copy.bytes, identities: copy.digest.rows["identity"] ?? 0,
      embeddings: copy.digest.rows["embedding"] ?? 0, contentSHA256: copy.digest.sha256,
      seconds: Double((ContinuousClock.now - started) / .milliseconds(1)) / 1_000)
  }

  /// What can be done about a file that is in the way.
  static let wayPast = "name another file, or replace it (replacing, --force)"

  /// Makes a verified copy of one moment, and notes where it is: before it is begun, as somebody may be forgotten while it is
  /// made, and when it has its name, as it may have been struck off meanwhile for not being there.
  func notedCopy(
    at path: String, reason: CopyRegister.Reason, replacing: Bool, progress: ((GalleryProgress) -> Void)? = nil
  ) throws -> GalleryCopy {
    let isNew = note(isReadOnly ? nil : path) { db in
      let isKnown = try CopyRegister.all(in: db).contains { $0.path == Links.absolute(path) }
      if !isKnown { try CopyRegister.add(path, reason: reason, in: db) }
      return !isKnown
    }
    do {
      let copy = try copying(to: path, replacing: replacing, progress: progress)
      _ = note(isReadOnly ? nil : path) { db in
        try CopyRegister.add(path, reason: reason, in: db)
        return true
      }
      return copy
    } catch {
      if isNew == true {
        _ = note(path) { db in
          try CopyRegister.strikeOff(Links.absolute(path), in: db)
          return true
        }
      }
      throw error
    }
  }

  /// Changes the register. A copy is as good without it.
  private func note(_ path: String?, _ body: (Database) throws -> Bool) -> Bool? {
    guard let path else { return nil }
    do {
      return try translating { try connections.write(body) }
    } catch {
      configuration.logger.warning("the backup \(path) is not noted in the table copy: \(error)")
      return nil
    }
  }

  /// Makes a verified copy of one moment.
  func copying(
    to path: String, replacing: Bool, progress: ((GalleryProgress) -> Void)? = nil
  ) throws -> GalleryCopy {
    do {
      return try connections.read { db in
        try GalleryCopy.make(of: db, sourcePath: self.path, at: path, replacing: replacing, progress: progress)
      }
    } catch let error as DatabaseError {
      throw GalleryError.cannotBackUp(path: path, reason: FileCheck.sentence(error))
    } catch let error as GalleryCopy.Failure {
      throw GalleryError.cannotBackUp(path: path, reason: error.description)
    } catch let error as DurableFile.Failure {
      throw GalleryError.cannotBackUp(path: path, reason: error.description)
    }
  }

  /// Where a copy at `path` is to be, behind links.
  private func placeOfCopy(at path: String, replacing: Bool) throws -> String {
    do {
      let place = try DurableFile.place(of: path)
      if place != path { try checkDestination(place, replacing: replacing) }
      return place
    } catch let error as DurableFile.Failure {
      throw GalleryError.cannotBackUp(path: path, reason: error.description)
    }
  }

  private func checkDestination(_ destination: String, replacing: Bool) throws {
    func refuse(_ reason: String) -> GalleryError { .cannotBackUp(path: destination, reason: reason) }
    if !PathParts.isPath(destination) { throw refuse(PathParts.noPath) }
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: destination, isDirectory: &isDirectory)
    if isDirectory.boolValue { throw refuse("it is a directory: name a file in it") }
    for suffix in ["", "-wal", "-shm", "-journal", "-index"] {
      let own = path + suffix
      if DurableFile.isSame(own, destination) || Links.absolute(own) == Links.absolute(destination) {
        throw refuse(suffix.isEmpty ? "it is the gallery itself: name another file" : "it belongs to the gallery")
      }
    }
    if let reason = DatabaseFiles.refusal(of: destination) { throw refuse("it \(reason)") }
    if exists, !replacing { throw refuse("it exists already: \(Self.wayPast)") }
    // What is beside a database with its name, SQLite takes for a part of it.
    for suffix in ["-wal", "-journal"] where (DurableFile.size(destination + suffix) ?? 0) > 0 {
      throw refuse("\(destination)\(suffix) holds commits of another file: close what uses it, or move it away")
    }
    let folder = PathParts.openFolder(of: destination)
    if let reason = LongName.reason(destination) { throw refuse(reason) }
    if !FileManager.default.fileExists(atPath: folder) { throw refuse(PathParts.noFolder(folder)) }
  }
}
