import Files
import Foundation
import GRDB
import Logging
import Synchronization

extension Gallery {
  /// Forgets an identity: its row, all its embeddings and, on return, every byte of their vectors in the gallery file,
  /// its write-ahead log, and the files of the index: the snapshot is overwritten and written anew without them.
  ///
  /// Deleted rows are overwritten with zeros (`secure_delete`), the log is emptied by a checkpoint, and then the whole
  /// file is read once, about a second a gigabyte, to overwrite the copies that rows leave behind when SQLite moves
  /// them. A reader that is in the middle of a transaction may keep older pages in use; then the rows are gone, no
  /// answer holds them, and the receipt says that their bytes are ``ForgetReceipt/Erasure/pending``.
  ///
  /// The identity is taken out of the training sets that the gallery knows, and erased from the copies that the library made
  /// unasked, before it changed the schema or mended something. The receipt names what is beyond this file: models that were
  /// trained on the person, backups that hold the person still, copies made with other means in the gallery's folder and
  /// those of its backups, and the files that the vectors came from. What is elsewhere (copies in other folders, snapshots
  /// of the file system, the blocks a flash disk keeps aside) is beyond that.
  ///
  /// - Throws: ``GalleryError/unknownIdentity(name:)``.
  @discardableResult
  public func forget(_ identity: String) throws -> ForgetReceipt {
    let gone = try writing { db in
      let id = try Name.known(identity, in: db)
      let forgotten = try Forgotten(identity: id, in: db)
      let models = try TrainingSets.models(trainedOn: id, named: forgotten.name, in: db)
      let sets = try TrainingSets.remove(id, named: forgotten.name, in: db)
      try Self.delete(id, in: db)
      try Self.noteErasure(db)
      return try Gone(rows: forgotten, models: models, trainingSets: sets, path: path, in: db)
    }
    return receipt(gone)
  }

  /// Removes one embedding, as ``forget(_:)`` removes them all. Its identity stays.
  ///
  /// - Throws: ``GalleryError/unknownEmbedding(_:)``.
  @discardableResult
  public func remove(embedding: EmbeddingID) throws -> ForgetReceipt {
    let gone = try writing { db in
      let owner = try RawStatement(db, "SELECT identity_id FROM embedding WHERE id = ?")
      try owner.bind(embedding.rawValue, at: 1)
      guard try owner.step() else { throw GalleryError.unknownEmbedding(embedding) }
      let forgotten = try Forgotten(identity: IdentityID(owner.integer(0)), only: embedding, in: db)
      try db.change("DELETE FROM embedding WHERE id = ?", row: embedding.rawValue)
      try Self.noteErasure(db)
      return try Gone(rows: forgotten, models: [], trainingSets: 0, path: path, in: db)
    }
    return receipt(gone)
  }

  /// What a deletion took, and where else to look.
  private struct Gone {
    var rows: Forgotten
    var models: [ForgetReceipt.Model]
    var trainingSets: Int
    var eraser: CopyEraser
    /// Of the copies that the gallery knows.
    var looks: [CopyEraser.Look]
    /// Where those were made.
    var registered: [String]
    /// Tables that somebody else made, which may hold anything.
    var tables: [String]

    /// The last thing in the transaction: the copies' rows go, too.
    init(rows: Forgotten, models: [ForgetReceipt.Model], trainingSets: Int, path: String, in db: Database) throws {
      (self.rows, self.models, self.trainingSets) = (rows, models, trainingSets)
      tables = try ExpectedSchema.added(in: db).filter { $0.type == "table" }.map(\.name)
      let eraser = CopyEraser(forgotten: rows, gallery: path)
      // A copy that became a gallery itself names itself among the copies of what it was made of.
      let noted = try CopyRegister.all(in: db).filter { $0.path != Links.absolute(path) }
      let copies = noted + CopyRegister.unnoted(besideGallery: path, known: noted)
      (self.eraser, registered) = (eraser, copies.map(\.path))
      looks = copies.flatMap { eraser.deleteRows(from: $0, of: db) }
    }
  }

  /// Keeps in the file that bytes have to be overwritten, in the transaction that deletes them.
  private static func noteErasure(_ db: Database) throws {
    try db.execute(sql: "INSERT OR IGNORE INTO erasure (id) VALUES (1)")
  }

  private func receipt(_ gone: Gone) -> ForgetReceipt {
    erasureIsPending.store(true, ordering: .releasing)
    // Before the gallery's own file, of which whoever opens it knows whether this was done.
    var copies = gone.looks.map { gone.eraser.overwrite($0) }
    var obstacle: ErasureObstacle?
    do {
      obstacle = try erase(waiting: true)
    } catch {
      let sentence = translated(error)
      configuration.logger.error("deleted bytes could not be overwritten yet: \(sentence)")
      obstacle = .failure(sentence)
    }
    for look in gone.looks where look.isGone {
      _ = try? connections.write { db in try CopyRegister.strikeOff(look.copy.path, in: db) }
    }
    // What was cut off while it became the gallery or a copy is nobody's.
    for place in [path] + gone.registered { UnfinishedFiles.removeRubbish(of: Links.absolute(place)) }
    copies += StrayCopies(of: path, known: copies.map(\.path), also: gone.registered).holding(gone.rows)
    if gone.rows.isWhole {
      Repair.strikeOff(IdentityID(gone.rows.identity.id), named: gone.rows.name, fromListOf: path)
    }
    var receipt = ForgetReceipt(
      identity: gone.rows.name, identityID: IdentityID(gone.rows.identity.id), embeddings: gone.rows.embeddings.count,
      embeddingIDs: gone.rows.embeddings.map { EmbeddingID($0.id) }, vectorBytes: gone.rows.vectorBytes,
      sources: gone.rows.sources, trainingSets: gone.trainingSets, models: gone.models, copies: copies,
      otherTables: gone.tables, erasure: obstacle == nil ? .complete : .pending, note: "")
    receipt.note = receipt.sentences(path: path, obstacle: obstacle)
    return receipt
  }

  /// Makes deleted bytes be nowhere: everything goes from the write-ahead log into the file, the log is emptied, and
  /// what means nothing there is overwritten.
  ///
  /// - Returns: what is in the way; nil where all is done.
  @discardableResult
  func erase(waiting: Bool) throws -> ErasureObstacle? {
    guard try keeper.eraseFiles() else { return .others(nil) }
    // A commit between the two steps fills the log again.
    for _ in 0..<3 {
      guard try emptyLog(waiting: waiting) else { return .others(LockHolder.readers(of: path)) }
      switch try eraseSlack() {
      case .logged: continue
      case .busy: return .others(LockHolder.describe(writerOf: path))
      case .unknownLayout:
        // The gallery's row says so until it is compacted; trying again after every write would read the file each time.
        erasureIsPending.store(false, ordering: .releasing)
        return .layout
      case .done:
        erasureIsPending.store(false, ordering: .releasing)
        keeper.saveIfDue(isUrgent: true)
        return nil
      }
    }
    return .others(LockHolder.describe(writerOf: path))
  }

  /// How overwriting the slack ended.
  private enum SlackErasure {
    case done, busy, unknownLayout
    /// The log was not empty any more.
    case logged
  }

  func emptyLog(waiting: Bool) throws -> Bool {
    // What others committed can be seen in the log as long as it is there.
    _ = connections.strangeCommits()
    return try connections.onWriter { db in
      if !waiting { Patience.set(0, on: db) }
      defer { if !waiting { Patience.set(configuration.busyTimeout, on: db) } }
      return try Self.ifFree { _ = try db.checkpoint(.truncate) }
    }
  }

  private func eraseSlack() throws -> SlackErasure {
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
        // What was overwritten in a file that is elsewhere is not overwritten here.
        try connections.checkPlace()
      }
    }
    _ = connections.strangeCommits()
    if !isFree { return .busy }
    if !isEmpty { return .logged }
    return isKnown ? .done : .unknownLayout
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
    let copies = try connections.read { db in
      try db.integer("SELECT count(*) FROM erasure") > 0 ? try CopyRegister.all(in: db) : nil
    }
    guard let copies else { return }
    CopyEraser.finish(copies, beside: path)
    erasureIsPending.store(true, ordering: .releasing)
    _ = try? erase(waiting: false)
  }
}
