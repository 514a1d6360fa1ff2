import Foundation
import GRDB
import GRDBSQLite
import Logging
import Synchronization

extension Gallery {
  /// Forgets an identity: its row, all its embeddings and, on return, every byte of their vectors in the gallery file,
  /// its write-ahead log, and the files of the index: the snapshot is overwritten and written anew without them.
  ///
  /// Deleted rows are overwritten with zeros (`secure_delete`), the log is emptied by a checkpoint, and then the whole
  /// file is read once, about a second a gigabyte, to overwrite the copies that rows leave behind when SQLite moves
  /// them. A reader that is in the middle of a transaction may keep older pages in use; then the rows are gone, no
  /// answer holds them, and the receipt says that their bytes are ``ForgetReceipt/Erasure/pending``. Copies elsewhere
  /// (backups, snapshots of the file system, the blocks a flash disk keeps aside) and models trained on the person are
  /// beyond this file.
  ///
  /// - Throws: ``GalleryError/unknownIdentity(name:)``.
  @discardableResult
  public func forget(_ identity: String) throws -> ForgetReceipt {
    let (name, count) = try writing { db in
      let id = try Name.known(identity, in: db)
      let count = Int(try db.integer("SELECT count(*) FROM embedding WHERE identity_id = ?", id.rawValue))
      let name = try db.text("SELECT name FROM identity WHERE id = ?", id.rawValue)
      try db.execute(sql: "DELETE FROM identity WHERE id = ?", arguments: [id.rawValue])
      try Self.noteErasure(db)
      return (name ?? identity, count)
    }
    return receipt(identity: name, embeddings: count)
  }

  /// Removes one embedding, as ``forget(_:)`` removes them all. Its identity stays.
  ///
  /// - Throws: ``GalleryError/unknownEmbedding(_:)``.
  @discardableResult
  public func remove(embedding: EmbeddingID) throws -> ForgetReceipt {
    let name = try writing { db in
      let name = try db.text(
        "SELECT i.name FROM embedding AS e JOIN identity AS i ON i.id = e.identity_id WHERE e.id = ?",
        embedding.rawValue)
      try db.execute(sql: "DELETE FROM embedding WHERE id = ?", arguments: [embedding.rawValue])
      if db.changesCount == 0 { throw GalleryError.unknownEmbedding(embedding) }
      try Self.noteErasure(db)
      return name ?? ""
    }
    return receipt(identity: name, embeddings: 1)
  }

  /// Keeps in the file that bytes have to be overwritten, in the transaction that deletes them.
  private static func noteErasure(_ db: Database) throws {
    try db.execute(sql: "INSERT OR IGNORE INTO erasure (id) VALUES (1)")
  }

  private func receipt(identity: String, embeddings: Int) -> ForgetReceipt {
    erasureIsPending.store(true, ordering: .releasing)
    var isErased = false
    do {
      isErased = try erase(waiting: true)
    } catch {
      configuration.logger.error("deleted bytes could not be overwritten yet: \(error)")
    }
    let gone = "\(embeddings) \(embeddings == 1 ? "embedding" : "embeddings") deleted"
    return ForgetReceipt(
      identity: identity, embeddings: embeddings, erasure: isErased ? .complete : .pending,
      note: isErased
        ? "\(gone); no byte of them is left in \(path) or its write-ahead log"
        : "\(gone); their bytes are still in use by another reader: they go with the next write or at closing")
  }

  /// Makes deleted bytes be nowhere: everything goes from the write-ahead log into the file, the log is emptied, and
  /// the slack of pages is overwritten. False where a reader or a writer is in the way.
  func erase(waiting: Bool) throws -> Bool {
    guard try keeper.eraseFiles() else { return false }
    // A commit between the two steps fills the log again.
    for _ in 0..<3 {
      guard try emptyLog(waiting: waiting) else { return false }
      if let isDone = try eraseSlack() {
        if isDone {
          erasureIsPending.store(false, ordering: .releasing)
          keeper.saveIfDue(isUrgent: true)
        }
        return isDone
      }
    }
    return false
  }

  private func emptyLog(waiting: Bool) throws -> Bool {
    try connections.onWriter { db in
      guard let connection = db.sqliteConnection else { return false }
      if !waiting { sqlite3_busy_timeout(connection, 0) }
      defer { if !waiting { sqlite3_busy_timeout(connection, Int32(configuration.busyTimeout * 1_000)) } }
      return try Self.ifFree { _ = try db.checkpoint(.truncate) }
    }
  }

  /// Overwrites slack; nil where the log is not empty any more.
  private func eraseSlack() throws -> Bool? {
    let connection = try connections.makeWriter()
    defer { try? connection.close() }
    var isEmpty = true
    var isKnown = true
    let isFree = try Self.ifFree {
      try connection.write { db in
        isEmpty = logSize == 0
        guard isEmpty else { return }
        isKnown = try SlackEraser.erase(db)
        // This commit also makes other connections drop the pages they read before.
        if isKnown { try db.execute(sql: "INSERT OR IGNORE INTO erasure (id) VALUES (1); DELETE FROM erasure") }
      }
    }
    return isEmpty ? isFree && isKnown : nil
  }

  /// Whether `body` was not in the way of anybody else.
  private static func ifFree(_ body: () throws -> Void) throws -> Bool {
    do {
      try body()
      return true
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED {
      return false
    }
  }

  private var logSize: Int {
    ((try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size]) as? Int) ?? 0
  }

  /// Finishes an erasure that a reader or a crash interrupted, unless somebody is in the way still.
  func finishEarlierErasure() throws {
    guard try connections.read({ db in try db.integer("SELECT count(*) FROM erasure") }) > 0 else { return }
    erasureIsPending.store(true, ordering: .releasing)
    _ = try? erase(waiting: false)
  }
}
