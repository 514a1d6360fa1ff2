import Digests
import Files
import Foundation
import GRDB

/// Forgets somebody in copies of a gallery.
struct CopyEraser {
  let forgotten: Forgotten

  /// What became of a copy, and whether it is gone from where it was, so that looking there again is of no use.
  ///
  /// Copies that the library made unasked, nobody thinks of; the identity is erased from those beside the gallery that have
  /// its name, also where they went with it into another folder. One that somebody asked for is theirs, and one beside
  /// another gallery that gallery's: they are only looked at.
  func see(to entry: CopyRegister.Entry, besideGallery path: String) -> (copy: ForgetReceipt.Copy, isGone: Bool) {
    var copy = entry
    let isAskedFor = copy.reason == CopyRegister.Reason.backup.rawValue
    let gallery = URL(fileURLWithPath: Links.absolute(path))
    let name = URL(fileURLWithPath: copy.path).lastPathComponent
    let beside = gallery.deletingLastPathComponent().appendingPathComponent(name).path
    if !isAskedFor, FileManager.default.fileExists(atPath: beside) { copy.path = beside }
    let isOurs = !isAskedFor && copy.path == beside && name.hasPrefix(gallery.lastPathComponent + ".")
    func receipt(
      _ state: ForgetReceipt.Copy.State, _ problem: String? = nil, isGone: Bool = false
    ) -> (copy: ForgetReceipt.Copy, isGone: Bool) {
      (ForgetReceipt.Copy(path: copy.path, reason: copy.reason, state: state, problem: problem), isGone)
    }
    if !FileManager.default.fileExists(atPath: copy.path) {
      // Moved with its folder, or on a disk that is not connected now: not known to be gone.
      let folder = URL(fileURLWithPath: copy.path).deletingLastPathComponent().path
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      // It would be nowhere noted if whoever makes it came no further than giving it its name.
      if names.contains(where: { $0.hasPrefix(name + ".partial-") }) {
        return receipt(.unknown, "it is being made, or was not finished")
      }
      let isOutOfSight = names.isEmpty
      return isAskedFor && isOutOfSight
        ? receipt(.unknown, "its folder was moved, or is on a disk that is not connected")
        : receipt(.unknown, "it was deleted, moved or renamed, or is being made", isGone: true)
    }
    do {
      let isHeld = try holds(copy.path)
      if isHeld, !isOurs { return receipt(.holds) }
      if !isHeld {
        // An earlier erasure that was cut off is gone on with.
        if isOurs, try isPending(copy.path) { try? erase(copy.path) }
        return receipt(.clean)
      }
    } catch {
      return receipt(.unknown, FileCheck.sentence(error))
    }
    do {
      try erase(copy.path)
      return receipt(.erased)
    } catch {
      return receipt(.holds, FileCheck.sentence(error))
    }
  }

  /// Whether anything of it is in a copy.
  private func holds(_ path: String) throws -> Bool {
    try reading(path) { db in try !identities(db).isEmpty || forgotten.hasRows(in: db) }
  }

  /// Whether what was deleted from a copy may be in its pages still.
  private func isPending(_ path: String) throws -> Bool {
    try reading(path) { db in try db.integer("SELECT count(*) FROM erasure") > 0 }
  }

  private func reading<T>(_ path: String, _ body: (Database) throws -> T) throws -> T {
    var configuration = Configuration()
    configuration.readonly = true
    let copy = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? copy.close() }
    return try copy.inDatabase(body)
  }

  /// The numbers that the identity has in a copy, and its names; none where only an embedding goes.
  private func identities(_ db: Database) throws -> [(id: Int64, name: String)] {
    guard forgotten.isWhole else { return [] }
    let rows = try RawStatement(db, "SELECT id, name FROM identity WHERE (id = ? AND created_at = ?) OR name = ?")
    try rows.bind(forgotten.identity.id, at: 1)
    try rows.bind(forgotten.identity.createdAt, at: 2)
    try rows.bind(forgotten.name, at: 3)
    var found: [(id: Int64, name: String)] = []
    while try rows.step() { found.append((rows.integer(0), rows.text(1) ?? "")) }
    return found
  }

  /// Deletes the rows from a copy, and overwrites what they leave.
  private func erase(_ path: String) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(5)
    let copy = try DatabaseQueue(path: path, configuration: configuration)
    try copy.inDatabase { db in
      try db.execute(sql: "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON")
      // With a log the bytes would be in two files.
      guard try db.text("PRAGMA journal_mode = DELETE") == "delete" else {
        throw DatabaseError(resultCode: .SQLITE_LOCKED, message: "another program has it open")
      }
      try db.inTransaction(.immediate) {
        // Who was renamed since has another name here, and is in its training sets by that.
        var names: Set = [forgotten.name]
        for (id, name) in try identities(db) {
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
    try copy.close()
    let cleaner = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? cleaner.close() }
    try cleaner.inDatabase { db in
      try db.inTransaction(.immediate) {
        guard try SlackEraser.erase(db) else {
          throw DatabaseError(resultCode: .SQLITE_ERROR, message: "its pages are not laid out as expected")
        }
        // Makes other connections drop the pages they read before, too.
        try db.execute(sql: "DELETE FROM erasure")
        return .commit
      }
    }
  }
}
