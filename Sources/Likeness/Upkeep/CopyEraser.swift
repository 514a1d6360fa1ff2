import Digests
import Files
import Foundation
import GRDB

/// Forgets somebody in copies of a gallery.
///
/// Copies that the library made unasked, nobody thinks of; the identity is erased from those beside the gallery that have
/// its name, also where they went with it into another folder. One that somebody asked for is theirs, and one beside
/// another gallery that gallery's: they are only looked at.
///
/// That takes two steps. Rows go in the transaction that deletes those of the gallery, before it is committed: whoever is cut
/// off or refused there can ask for the same again. What they leave is overwritten when it is, which takes longer.
struct CopyEraser {
  let forgotten: Forgotten
  /// The gallery's path.
  let gallery: String

  /// What was seen of a copy.
  struct Look: Sendable {
    var copy: ForgetReceipt.Copy
    /// Whether it is gone from where it was, so that looking there again is of no use.
    var isGone = false
    /// Whether deleted bytes are to be overwritten in it.
    var isPending = false
  }

  /// Deletes the rows from a copy where that is the gallery's, and says what is in it otherwise.
  ///
  /// - Parameter db: the gallery, of which the rows are gone.
  func deleteRows(from entry: CopyRegister.Entry, of db: Database) -> [Look] {
    let beside = Self.beside(gallery, entry)
    var looks: [Look] = []
    if let beside { looks.append(look(at: beside, entry, isOurs: true, db)) }
    // Where both are, it was copied together with the gallery.
    if beside.map({ !DurableFile.isSame($0, entry.path) && DurableFile.size(entry.path) != nil }) ?? true {
      looks.append(look(at: entry.path, entry, isOurs: false, db))
    }
    return looks
  }

  /// Where a copy that was made unasked is beside the gallery; nil where there is none, or it is another gallery's.
  private static func beside(_ gallery: String, _ entry: CopyRegister.Entry) -> String? {
    let (path, name) = (Links.absolute(gallery), PathParts.name(of: entry.path))
    guard entry.reason != CopyRegister.Reason.backup.rawValue, name.hasPrefix(PathParts.name(of: path) + ".") else {
      return nil
    }
    let beside = PathParts.joined(PathParts.folder(of: path), name)
    return FileManager.default.fileExists(atPath: beside) ? beside : nil
  }

  private func look(at path: String, _ entry: CopyRegister.Entry, isOurs: Bool, _ db: Database) -> Look {
    var look = Look(copy: ForgetReceipt.Copy(path: path, reason: entry.reason, state: .clean, problem: nil))
    let names = (try? FileManager.default.contentsOfDirectory(atPath: PathParts.openFolder(of: path))) ?? []
    let isBeingMade = names.contains {
      $0.hasPrefix(PathParts.name(of: path) + ".partial-") && UnfinishedFiles.isName($0)
    }
    if !FileManager.default.fileExists(atPath: path) {
      // Moved with its folder, or on a disk that is not connected now: not known to be gone.
      let isOutOfSight = names.isEmpty && entry.reason == CopyRegister.Reason.backup.rawValue
      look.copy.state = .unknown
      // It would be nowhere noted if whoever makes it came no further than giving it its name.
      look.isGone = !isBeingMade && !isOutOfSight
      look.copy.problem =
        isBeingMade
        ? "it is being made, or was not finished"
        : isOutOfSight
          ? "its folder was moved, or is on a disk that is not connected"
          : "it was deleted, moved or renamed, or is being made"
      return look
    }
    do {
      if try holds(path, db) {
        look.copy.state = .holds
        if isOurs {
          try deleteRows(path, db)
          (look.copy.state, look.isPending) = (.erased, true)
        }
      } else if isOurs {
        // An earlier erasure that was cut off is gone on with.
        look.isPending = try Self.isPending(path)
      }
    } catch {
      if look.copy.state != .holds { look.copy.state = .unknown }
      look.copy.problem = FileCheck.sentence(error)
    }
    // Whoever makes another in its place may have begun before.
    if isBeingMade, look.copy.state == .clean || look.copy.state == .erased {
      look.copy.state = .unknown
      look.copy.problem = "another copy is being made in its place, or was not finished"
    }
    return look
  }

  /// Overwrites what deleted rows left in a copy, and its saved index.
  func overwrite(_ look: Look) -> ForgetReceipt.Copy {
    guard look.isPending else { return look.copy }
    var copy = look.copy
    do {
      try Self.overwrite(copy.path)
    } catch {
      copy.state = .holds
      copy.problem = "its rows are deleted, but their bytes could not be overwritten: \(FileCheck.sentence(error))"
    }
    return copy
  }

  /// Goes on with what was cut off between the two steps, in the copies beside a gallery.
  static func finish(_ copies: [CopyRegister.Entry], beside gallery: String) {
    for path in copies.compactMap({ beside(gallery, $0) }) where (try? isPending(path)) == true {
      try? overwrite(path)
    }
  }

  /// Whether anything of it is in a copy.
  private func holds(_ path: String, _ db: Database) throws -> Bool {
    try Self.reading(path) { copy in try !identities(copy, of: db).isEmpty || forgotten.hasRows(in: copy) }
  }

  /// Whether what was deleted from a copy may be in its pages still.
  private static func isPending(_ path: String) throws -> Bool {
    try reading(path) { db in try db.tableExists("erasure") && db.integer("SELECT count(*) FROM erasure") > 0 }
  }

  private static func reading<T>(_ path: String, _ body: (Database) throws -> T) throws -> T {
    var configuration = Configuration()
    configuration.readonly = true
    let copy = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? copy.close() }
    return try copy.inDatabase(body)
  }

  /// The numbers that the identity has in a copy, and its names; none where only an embedding goes.
  ///
  /// Whoever has the name there, but is somebody else in the gallery by now, is not meant.
  private func identities(_ copy: Database, of db: Database) throws -> [(id: Int64, name: String)] {
    guard forgotten.isWhole else { return [] }
    let rows = try RawStatement(
      copy, "SELECT id, name, created_at FROM identity WHERE (id = ?1 AND created_at = ?2) OR name = ?3")
    try rows.bind(forgotten.identity.id, at: 1)
    try rows.bind(forgotten.identity.createdAt, at: 2)
    try rows.bind(forgotten.name, at: 3)
    let other = try RawStatement(db, "SELECT 1 FROM identity WHERE id = ? AND created_at = ?")
    var found: [(id: Int64, name: String)] = []
    while try rows.step() {
      other.reset()
      try other.bind(rows.integer(0), at: 1)
      try other.bind(rows.text(2), at: 2)
      if try !other.step() { found.append((rows.integer(0), rows.text(1) ?? "")) }
    }
    return found
  }

  /// - Parameter seconds: how long to wait for others.
  private static func writing(waiting seconds: Double) -> Configuration {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(seconds)
    return configuration
  }

  /// Deletes the rows from a copy, and notes in it that they are to be overwritten.
  private func deleteRows(_ path: String, _ gallery: Database) throws {
    // Others wait for the gallery meanwhile.
    let copy = try DatabaseQueue(path: path, configuration: Self.writing(waiting: 1))
    defer { try? copy.close() }
    try copy.inDatabase { db in
      try db.execute(sql: "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON")
      // With a log the bytes would be in two files.
      guard try db.text("PRAGMA journal_mode = DELETE") == "delete" else {
        throw DatabaseError(resultCode: .SQLITE_LOCKED, message: "another program has it open")
      }
      try db.inTransaction(.immediate) {
        // Who was renamed since has another name here, and is in its training sets by that.
        var names: Set = [forgotten.name]
        for (id, name) in try identities(db, of: gallery) {
          try db.execute(sql: "DELETE FROM identity WHERE id = ?", arguments: [id])
          names.insert(name)
        }
        let deletion = try RawStatement(db, "DELETE FROM embedding WHERE \(Forgotten.Row.condition)")
        for embedding in forgotten.embeddings {
          try embedding.bind(to: deletion)
          try deletion.run()
        }
        if forgotten.isWhole, try db.integer("PRAGMA user_version") >= 2 {
          let member = try RawStatement(db, "DELETE FROM training_member WHERE name_sha256 = ? AND identity_id IS NULL")
          for name in names {
            try member.bind(Digest.ofName(name), at: 1)
            try member.run()
          }
        }
        // Whoever opens it before the rest is done, goes on with it.
        try db.execute(sql: "INSERT OR IGNORE INTO erasure (id) VALUES (1)")
        return .commit
      }
    }
  }

  private static func overwrite(_ path: String) throws {
    let copy = try DatabaseQueue(path: path, configuration: writing(waiting: 5))
    defer { try? copy.close() }
    try copy.inDatabase { db in
      try db.inTransaction(.immediate) {
        guard try SlackEraser.erase(db) else {
          throw DatabaseError(resultCode: .SQLITE_ERROR, message: "its pages are not laid out as expected")
        }
        // Makes other connections drop the pages they read before, too.
        try db.execute(sql: "DELETE FROM erasure")
        return .commit
      }
    }
    // Whoever looked at the copy left one.
    try SnapshotFile(galleryAt: path).erase()
  }
}
