import Files
import Foundation
import GRDB
import GallerySchema
import Logging

/// Brings a gallery to the schema version of this library, or makes one.
struct Migration {
  let factory: ConnectionFactory
  let logger: Logger
  /// What the file is called in sentences.
  let subject: String

  init(factory: ConnectionFactory, logger: Logger, subject: String? = nil) {
    (self.factory, self.logger, self.subject) = (factory, logger, subject ?? factory.path)
  }

  /// Applies what is missing of the schema, in one transaction.
  ///
  /// Before it the file is copied beside itself, `people.gallery.v1-backup` for version 1. The copy is made
  /// while the lock is held under which the migration then runs, so it holds every commit there was, and it is verified.
  ///
  /// - Parameter copying: Whether there is a copy before.
  /// - Returns: Why the gallery has to stay as it is, as a sentence without its subject; nil where it was brought up.
  func run(on writer: DatabaseQueue, copying: Bool = true) throws -> String? {
    try writer.inDatabase { db in try Self.useLog(db, waiting: factory.busyTimeout, usually: factory.busyTimeout) }
    do {
      try migrate(writer, copying: copying)
      return nil
    } catch let refusal as Refusal {
      logger.warning("\(subject) stays as it is, open for reading: \(refusal.reason)")
      return refusal.reason
    }
  }

  /// Why there was no migration.
  private struct Refusal: Error {
    var reason: String
  }

  /// Makes the file one with a write-ahead log, under which readers never wait. Nobody may be using it without one, which
  /// SQLite does not always wait for by itself.
  ///
  /// - Parameters:
  ///   - seconds: How long to wait for others here.
  ///   - patience: How long the connection waits for them otherwise.
  static func useLog(_ db: Database, waiting seconds: Double, usually patience: Double) throws {
    if try db.text("PRAGMA journal_mode") == "wal" { return }
    // There are no durations beyond some hundred billion years.
    let end = ContinuousClock.now + .seconds(min(seconds, 1e9))
    Patience.set(0, on: db)
    defer { Patience.set(patience, on: db) }
    while try db.text("PRAGMA journal_mode") != "wal" {
      do {
        try db.execute(sql: "PRAGMA journal_mode = WAL")
        return
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < end {
        usleep(5_000)
      }
    }
  }

  private func migrate(_ writer: DatabaseQueue, copying: Bool) throws {
    try writer.inDatabase { db in
      let before = try db.integer("PRAGMA user_version")
      guard before < GalleryFile.supportedVersion else { return }
      // Rows that broke a constraint must not keep the gallery from being opened, and so mended.
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
      defer { try? db.execute(sql: "PRAGMA ignore_check_constraints = OFF") }
      var copy: String?
      do {
        try migrate(db, copying: copying, copy: &copy)
      } catch {
        // The gallery is as it was: a copy of it nobody asked for, and nobody would know of.
        if let copy { DurableFile.remove(copy) }
        guard before > 0, let error = error as? DatabaseError,
          [.SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG, .SQLITE_FULL, .SQLITE_IOERR].contains(
            error.resultCode.primaryResultCode)
        else { throw error }
        throw Refusal(
          reason:
            "it cannot be brought to version \(GalleryFile.supportedVersion) (\(error.message ?? "\(error)")): see what "
            + "'likeness doctor \(subject)' says, and open it again")
      }
    }
  }

  /// - Parameter copy: Where the gallery was copied to before, as soon as it was.
  private func migrate(_ db: Database, copying: Bool, copy: inout String?) throws {
    try db.inTransaction(.immediate) {
      // Read inside the transaction: another process may have been quicker.
      let version = Int(try db.integer("PRAGMA user_version"))
      guard version < GalleryFile.supportedVersion else { return .rollback }
      if let lack = try ExpectedSchema.lack(in: db) {
        throw Refusal(
          reason:
            "\(lack), as version \(version) defines it: see what 'likeness doctor \(subject)' says, and open it again"
        )
      }
      // A gallery that comes into being has no earlier version to go back to, and nobody sees one.
      copy = version == 0 || !copying ? nil : try copyBefore(version)
      // Migrations count on what an earlier version has.
      if version > 0 {
        for entry in try ExpectedSchema.restorable(in: db) { try ExpectedSchema.putBack(entry, in: db) }
      }
      if version > 0 { try TrainingSets.dropWhatLeadsNowhere(in: db) }
      for migration in GallerySchema.migrations[version...] { try db.execute(sql: migration) }
      if let copy { try CopyRegister.add(copy, reason: .migration, in: db) }
      return .commit
    }
  }

  /// A copy of the file as it is, which replaces no earlier one; its path.
  private func copyBefore(_ version: Int) throws -> String {
    let reader = try factory.makeReader()
    defer { try? reader.close() }
    let path = DurableFile.unusedName("\(factory.path).v\(version)-backup")
    do {
      try reader.inDatabase { db in
        try db.inTransaction(.deferred) {
          _ = try GalleryCopy.make(of: db, sourcePath: factory.path, at: path, replacing: false)
          return .commit
        }
      }
    } catch {
      throw Refusal(
        reason: "it has to be copied to \(path) before it is brought to version \(GalleryFile.supportedVersion), which "
          + "failed (\(error)): make room there, or see what 'likeness doctor \(subject)' says, and open it again")
    }
    logger.notice(
      """
      \(subject) is brought from schema version \(version) to \(GalleryFile.supportedVersion); as it was before it is \
      in \(path), which can be deleted when all is well
      """)
    return path
  }
}
