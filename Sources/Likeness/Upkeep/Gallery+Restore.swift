import Files
import Foundation
import GRDB

/// What ``Gallery/restore(from:to:replacing:acceptingFaults:configuration:progress:)`` did.
public struct RestoreReceipt: Sendable, Hashable, Codable {
  /// The gallery's path.
  public var gallery: String
  /// The copy's path.
  public var copy: String
  /// How many identities are in it.
  public var identities: Int
  /// How many embeddings are in it.
  public var embeddings: Int
  /// One hash of all rows of the copy: as ``Verification/contentSHA256``.
  public var contentSHA256: String
  /// Whether the gallery was read back and held what the copy holds; not so where others wrote to it right after, which is
  /// then in it too.
  public var isCompared: Bool
  /// Where what was there is now, if it could not be opened or a newer version made it; nil if it was no more than
  /// replaced.
  public var damagedFile: String?
  /// Why it was put aside, as a sentence about it; nil if it was not.
  public var asideReason: String?

  private enum CodingKeys: String, CodingKey {
    case gallery, copy, identities, embeddings
    case contentSHA256 = "content_sha256"
    case isCompared = "is_compared"
    case damagedFile = "damaged_file"
    case asideReason = "aside_reason"
  }
}

extension Gallery {
  /// Makes a gallery what a copy of it is: all of it, in one transaction, read back and compared. The copy is made ready beside
  /// the gallery before: brought to this library's schema version, and told of the copies that the gallery knows of.
  ///
  /// Programs that have the gallery open go on, and answer from the copy's rows from then on. Never put a copy in the
  /// place of a gallery by other means while `-wal` is beside it: SQLite takes that for a part of whatever file has the
  /// name.
  ///
  /// A file that cannot be opened any more is not written to: with all that belongs to it, it is renamed, and the copy
  /// takes its place. So is a gallery of a newer schema version: what is in it that this library does not know could not
  /// be told from what may go.
  ///
  /// - Parameters:
  ///   - copy: A copy that ``backup(to:replacing:progress:)`` made, or any gallery; it stays as it is.
  ///   - path: Where it goes.
  ///   - replacing: Whether a gallery that is there gives way.
  ///   - acceptingFaults: Whether rows at fault, which ``verify(sample:seed:progress:)`` names, do not matter.
  ///   - configuration: How both are opened.
  ///   - progress: Called from this thread, in pages.
  ///
  /// - Throws: ``GalleryError``: ``GalleryError/damagedFile(path:reason:)`` and
  ///   ``GalleryError/notAGallery(path:reason:)`` where the copy is no gallery, or has damaged pages;
  ///   ``GalleryError/cannotRestore(path:reason:)``, for rows at fault as well; ``GalleryError/locked(path:seconds:holder:)``. The gallery is then
  ///   as it was.
  @discardableResult
  public static func restore(
    from copy: String, to path: String, replacing: Bool = false, acceptingFaults: Bool = false,
    configuration: GalleryConfiguration = .init(), progress: ((GalleryProgress) -> Void)? = nil
  ) throws -> RestoreReceipt {
    try Restoration(
      copy: GalleryFile.resolved(copy), path: GalleryFile.resolved(path), replacing: replacing,
      acceptingFaults: acceptingFaults, configuration: configuration, progress: progress
    ).run()
  }
}

/// One copy on its way into the place of a gallery.
private struct Restoration {
  let copy: String
  let path: String
  let replacing: Bool
  let acceptingFaults: Bool
  let configuration: GalleryConfiguration
  let progress: ((GalleryProgress) -> Void)?

  /// What belongs to a gallery at a path.
  private static let suffixes = ["", "-wal", "-shm", "-journal", "-index"]

  /// Those of them that hold rows; the saved index is a cache, and goes in any case.
  private static let parts = suffixes.filter { $0 != "-index" }

  private var factory: ConnectionFactory {
    ConnectionFactory(
      path: path, mode: .readWrite, busyTimeout: configuration.busyTimeout, durability: configuration.durability)
  }

  func run() throws -> RestoreReceipt {
    try configuration.check()
    try checkPlaces()
    var reading = configuration
    reading.readOnly = true
    reading.indexing = .onFirstQuery
    let source = try Gallery(path: copy, configuration: reading)
    defer { try? source.close() }
    return try source.reading { db in
      try checkCopy(db)
      let digest = try ContentDigest.of(db)
      let (aside, isCompared) = try GalleryError.translating(path: path, busyTimeout: configuration.busyTimeout) {
        try put(db, digest)
      }
      return RestoreReceipt(
        gallery: path, copy: copy, identities: digest.rows["identity"] ?? 0,
        embeddings: digest.rows["embedding"] ?? 0, contentSHA256: digest.sha256, isCompared: isCompared,
        damagedFile: aside?.path, asideReason: aside?.reason)
    }
  }

  private func checkPlaces() throws {
    if !PathParts.isPath(copy) { throw GalleryError.cannotOpen(path: copy, reason: PathParts.noPath) }
    if !PathParts.isPath(path) { throw refusal(PathParts.noPath) }
    if DurableFile.isSame(copy, path) { throw refusal("it is the gallery itself: name a copy") }
    for suffix in Self.suffixes.dropFirst() where Links.absolute(path) == Links.absolute(copy + suffix) {
      throw refusal("it belongs to \(copy): name another file")
    }
    if !FileManager.default.fileExists(atPath: path), let reason = LongName.reason(path) { throw refusal(reason) }
    do {
      let destination = try Destination(path)
      guard case .file = destination else { throw refusal("it \(destination.refusal)") }
    } catch let failure as DurableFile.Failure {
      throw refusal(failure.description)
    }
    if DurableFile.size(copy) == 0, DurableFile.size(copy + "-wal") ?? 0 == 0 {
      throw GalleryError.notAGallery(path: copy, reason: "it is empty")
    }
  }

  /// Refuses a copy that would make the gallery worse.
  private func checkCopy(_ db: Database) throws {
    let version = Int(try db.integer("PRAGMA user_version"))
    if version > GalleryFile.supportedVersion {
      throw refusal(
        "\(copy) is of schema version \(version), and this library knows \(GalleryFile.supportedVersion): update the library"
      )
    }
    let faults = try Integrity.faults(in: db, limit: 2)
    if !faults.isEmpty { throw GalleryError.damagedFile(path: copy, reason: faults.joined(separator: "; ")) }
    if acceptingFaults { return }
    var rows = try RowCheck(path: copy, db: db)
    let checks = try [rows.embedders(), rows.identities()] + rows.embeddings { _ in }
    let findings = checks.flatMap(\.findings)
    if !findings.isEmpty {
      let more = checks.reduce(-2) { $0 + $1.findingCount }
      throw refusal(
        "\(copy) has faults: \(findings.prefix(2).map(\.what).joined(separator: "; "))"
          + (more > 0 ? "; and \(more) more" : "")
          + "; 'likeness verify \(copy)' says what mends them; the copy is taken as it is where that is asked for (acceptingFaults, "
          + "--accept-faults)")
    }
  }

  private func refusal(_ reason: String) -> GalleryError { .cannotRestore(path: path, reason: reason) }

  /// A file that was not written to, but renamed.
  private struct Aside {
    var path: String
    var reason: String
  }

  /// - Returns: where a file that is not written to is now, and whether what was put there was read back and compared.
  private func put(_ db: Database, _ digest: ContentDigest) throws -> (aside: Aside?, isCompared: Bool) {
    let isThere = Self.parts.contains { FileManager.default.fileExists(atPath: path + $0) }
    if isThere, !replacing { throw refusal("it exists already: \(Gallery.wayPast)") }
    guard FileManager.default.fileExists(atPath: path), let target = try open() else {
      let aside = isThere ? Aside(path: unused("damaged"), reason: "it could not be opened") : nil
      try place(db, insteadOf: aside, known: [])
      return (aside, true)
    }
    // The copy's own register knows nothing of what was copied later.
    let known = (try? target.read { try CopyRegister.all(in: $0) }) ?? []
    if let version = try newerVersion(of: target) {
      // Closed first: then what its log holds is in it, unless others have it open.
      try? target.close()
      let aside = Aside(
        path: unused("v\(version)"),
        reason: "it is of schema version \(version), and this library knows \(GalleryFile.supportedVersion)")
      try place(db, insteadOf: aside, known: known)
      return (aside, true)
    }
    defer { try? target.close() }
    let files = DatabaseFiles(of: path)
    let pages = (try db.integer("PRAGMA page_size"), try target.read { try $0.integer("PRAGMA page_size") })
    if pages.0 != pages.1 {
      throw refusal(
        "its pages have \(pages.1) bytes, and those of \(copy) \(pages.0): move it away, with -wal, when nobody has it open, "
          + "and repeat")
    }
    let ready = try prepare(db, known: known, rightsOf: path, passes: 2)
    defer { Self.remove(ready) }
    // Changes when others commit, never by what this connection does.
    func others() throws -> Int64 { try target.inDatabase { try $0.integer("PRAGMA data_version") } }
    let before = try others()
    let source = try DatabaseQueue(path: ready)
    defer { try? source.close() }
    let prepared = try source.inDatabase { source in
      try target.inDatabase { target in
        try source.backup(to: target, pagesPerStep: 4_096) { step in
          report(step.completedPageCount + step.totalPageCount, of: 2 * step.totalPageCount)
        }
      }
      return try ContentDigest.of(source)
    }
    let isCompared = try target.read { try ContentDigest.of($0) } == prepared
    if !isCompared, try others() == before { throw refusal("it does not hold what \(copy) holds: repeat it") }
    tidy(target)
    if let file = files.missing {
      throw refusal("\(file) was moved, deleted or replaced meanwhile, and has not got what \(copy) holds: repeat it")
    }
    return (nil, isCompared)
  }

  private func report(_ pages: Int, of total: Int) { progress?(GalleryProgress(completed: pages, total: total)) }

  /// The gallery that is there; nil where it cannot be opened.
  private func open() throws -> DatabaseQueue? {
    do {
      let target = try factory.makeWriter(isKnown: false)
      let (application, tables) = try target.inDatabase { db in
        (try db.integer("PRAGMA application_id"), try db.integer("SELECT count(*) FROM sqlite_schema"))
      }
      if application != GalleryFile.applicationID, tables > 0 {
        try? target.close()
        throw GalleryError.notAGallery(path: path, reason: "it is another program's SQLite database")
      }
      factory.keepLog(false, of: target)
      return target
    } catch let error as DatabaseError
      where [.SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR].contains(error.resultCode)
    {
      // The last one is what a schema gives that cannot be read.
      return nil
    }
  }

  /// The schema version of a gallery that a newer library made; nil for one that this one knows.
  private func newerVersion(of target: DatabaseQueue) throws -> Int64? {
    let version = try target.read { try $0.integer("PRAGMA user_version") }
    return version > GalleryFile.supportedVersion ? version : nil
  }

  /// A name that ends in `ending` and that no file has.
  private func unused(_ ending: String) -> String { DurableFile.unusedName(path + "." + ending) }

  /// Gives what is at the path another name.
  private func putAside(_ aside: Aside) throws {
    for suffix in Self.parts where FileManager.default.fileExists(atPath: path + suffix) {
      do {
        try FileManager.default.moveItem(atPath: path + suffix, toPath: aside.path + suffix)
      } catch {
        throw refusal("\(path)\(suffix) cannot be renamed: \(error.localizedDescription)")
      }
    }
  }

  /// Puts the copy where nothing is any more, for those who might use what was there.
  private func place(_ db: Database, insteadOf aside: Aside?, known: [CopyRegister.Entry]) throws {
    // Of what is put aside there may be no more than a log.
    let owner = DurableFile.size(path) == nil ? nil : path
    var known = known
    if let aside { known.append(.init(path: aside.path, reason: CopyRegister.Reason.backup.rawValue)) }
    let ready = try prepare(db, known: known, rightsOf: owner, passes: 1)
    defer { Self.remove(ready) }
    if let aside { try putAside(aside) }
    do {
      try DurableFile.publish(ready, as: path, replacing: false)
    } catch let error as DurableFile.Failure {
      throw refusal(error.description)
    }
    let target = try factory.makeWriter()
    defer { try? target.close() }
    tidy(target)
  }

  /// Makes the copy ready beside the gallery: of this library's schema version, and with the copies noted in which somebody who is
  /// forgotten would still be.
  ///
  /// - Parameter passes: how often its pages are gone through, of which this is the first.
  /// - Returns: where it is, in one file.
  private func prepare(
    _ db: Database, known: [CopyRegister.Entry], rightsOf owner: String?, passes: Int
  ) throws -> String {
    let ready = UnfinishedFiles.begin(try DurableFile.place(of: path))
    do {
      do {
        _ = try GalleryCopy.make(of: db, sourcePath: copy, rightsOf: owner, at: ready, replacing: false) {
          report($0.completed, of: passes * $0.total)
        }
      } catch let error as GalleryCopy.Failure {
        throw refusal(error.description)
      } catch let error as DurableFile.Failure {
        throw refusal(error.description)
      }
      let making = ConnectionFactory(
        path: ready, mode: .readWrite, busyTimeout: configuration.busyTimeout, durability: configuration.durability)
      let queue = try making.makeWriter()
      defer { try? queue.close() }
      if try queue.read({ db in try db.integer("PRAGMA user_version") }) < GalleryFile.supportedVersion {
        // No copy before: it is one.
        let migration = Migration(factory: making, logger: configuration.logger, subject: copy)
        if let reason = try migration.run(on: queue, copying: false) {
          throw refusal("\(copy) is of no use: \(reason)")
        }
      }
      try queue.write { db in
        for entry in known {
          try CopyRegister.add(entry.path, reason: CopyRegister.Reason(rawValue: entry.reason) ?? .backup, in: db)
        }
        try CopyRegister.add(copy, reason: .backup, in: db)
      }
      // One file, without a log.
      _ = try queue.inDatabase { db in try db.text("PRAGMA journal_mode = DELETE") }
      return ready
    } catch {
      Self.remove(ready)
      throw error
    }
  }

  private static func remove(_ ready: String) {
    for suffix in ["", "-journal", "-wal", "-shm"] { DurableFile.remove(ready + suffix) }
  }

  /// Leaves nothing of what was there before.
  private func tidy(_ target: DatabaseQueue) {
    _ = try? target.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
    _ = try? SnapshotFile(galleryAt: path).erase()
  }
}
