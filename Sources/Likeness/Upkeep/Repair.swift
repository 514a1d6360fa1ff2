import Files
import Foundation
import GRDB

/// Mends what is safe to mend; see ``Gallery/diagnose(path:configuration:fixing:)``.
struct Repair {
  let path: String
  let configuration: GalleryConfiguration

  /// A row that goes.
  private struct Removal: Encodable {
    var table: String
    var id: Int64
    var identity: String?
    /// The identity's number: names change.
    var identityID: Int64?
    var source: String?
    var reason: String

    /// By which it is known again.
    var row: String { "\(table) \(id)" }

    enum CodingKeys: String, CodingKey {
      case table, id, identity, source, reason
      case identityID = "identity_id"
    }
  }

  /// What was done, as sentences.
  func run() throws -> [String] {
    var (mended, wasPending) = try before()
    var opening = configuration
    opening.indexing = .onFirstQuery
    // Opening puts back triggers, and finishes an erasure.
    let gallery = try Gallery(path: path, configuration: opening)
    defer { try? gallery.close() }
    if let reason = gallery.readOnlyReason { throw GalleryError.readOnly(path: path, reason: reason) }
    try gallery.translating {
      mended += try putBackOthers(gallery)
      mended += try removeRows(gallery)
      mended += try gallery.connections.write { db in
        try LastID.tables(in: db).map { try LastID.giveBack($0, in: db) }
      }
      if wasPending, try finishErasure(gallery) { mended.append("the pending erasure is finished") }
    }
    let snapshot = try gallery.reading { db in IndexSnapshotState(galleryAt: path, in: db) }
    let file = SnapshotFile(galleryAt: path)
    if snapshot.mend != nil, !file.isForeign {
      DurableFile.remove(file.path)
      mended.append("the index snapshot, which was of no use, is gone: opening makes another")
    }
    return mended
  }

  /// What opening will put back, named before it does, and whether an erasure is pending, which it takes up.
  private func before() throws -> (lines: [String], wasPending: Bool) {
    var looking = configuration
    looking.readOnly = true
    looking.indexing = .onFirstQuery
    let gallery = try Gallery(path: path, configuration: looking)
    defer { try? gallery.close() }
    return try gallery.reading { db in
      // Before it is brought to this version, all are put back.
      let isOlder = try db.integer("PRAGMA user_version") < GalleryFile.supportedVersion
      let entries = try isOlder ? ExpectedSchema.restorable(in: db) : ExpectedSchema.needed(in: db)
      let wasPending =
        try !entries.contains { $0.name == "erasure" } && db.integer("SELECT count(*) FROM erasure") > 0
      return (entries.map(\.restored), wasPending)
    }
  }

  private func putBackOthers(_ gallery: Gallery) throws -> [String] {
    try gallery.connections.write { db in
      var lines: [String] = []
      for entry in try ExpectedSchema.restorable(in: db) {
        try ExpectedSchema.putBack(entry, in: db)
        lines.append(entry.restored)
      }
      return lines
    }
  }

  /// Whether nothing is left to be overwritten.
  private func finishErasure(_ gallery: Gallery) throws -> Bool {
    let isPending = { try gallery.connections.read { db in try db.integer("SELECT count(*) FROM erasure") > 0 } }
    guard try isPending() else { return true }
    _ = try gallery.erase(waiting: true)
    return try !isPending()
  }

  // MARK: Rows

  private func removeRows(_ gallery: Gallery) throws -> [String] {
    let (found, isDangling) = try gallery.connections.read { db in
      (
        try Self.removals(db),
        try TrainingSets.dangling.contains {
          try db.integer("SELECT EXISTS (SELECT 1 FROM \($0.table) WHERE \($0.condition))") == 1
        }
      )
    }
    if found.isEmpty, !isDangling { return [] }
    let copy = DurableFile.unusedName(path + ".before-doctor")
    _ = try gallery.notedCopy(at: copy, reason: .repair, replacing: false)
    var lines = ["\(copy) is a verified copy of the gallery as it was"]
    do {
      lines += try gallery.connections.write { db in try take(found, copiedTo: copy, db) }
    } catch let error as GalleryError {
      // Nothing was changed: it is a copy of what is.
      DurableFile.remove(copy)
      _ = try? gallery.connections.write { db in try CopyRegister.strikeOff(Links.absolute(copy), in: db) }
      throw error
    }
    return lines
  }

  /// Takes out rows, those of them that are at fault still, and references that lead nowhere.
  private func take(_ found: [Removal], copiedTo copy: String, _ db: Database) throws -> [String] {
    if try Self.hasMore(copy, than: db) {
      throw GalleryError.cannotBackUp(
        path: copy, reason: "rows were deleted while it was made, and would be in it still: repeat it")
    }
    var lines: [String] = []
    let list = path + ".removed-rows.jsonl"
    // What was mended while the copy was made is a row like any other now.
    let still = Set(try Self.removals(db).map(\.row))
    let removals = found.filter { still.contains($0.row) }
    if !removals.isEmpty {
      try append(removals, to: list)
      lines.append("\(counted(removals.count, "row")) that no answer could use removed: \(list) lists them")
    }
    for removal in removals {
      let key = removal.table == "embedding" ? "id" : "run_id"
      let deletion = try RawStatement(db, "DELETE FROM \(removal.table) WHERE \(key) = ?")
      try deletion.bind(removal.id, at: 1)
      try deletion.run()
    }
    // No row goes before it is noted where it is still.
    try CopyRegister.add(copy, reason: .repair, in: db)
    var count = 0
    for (table, column, condition) in TrainingSets.dangling {
      try db.execute(sql: "UPDATE \(table) SET \(column) = NULL WHERE \(condition)")
      count += db.changesCount
    }
    if count > 0 {
      lines.append("\(counted(count, "reference")) of training records to what is not there any more taken out")
    }
    return lines
  }

  /// Whether a copy has rows that are not in the gallery any more: of somebody who was forgotten, who found no copy to be
  /// erased from.
  private static func hasMore(_ path: String, than db: Database) throws -> Bool {
    var configuration = Configuration()
    configuration.readonly = true
    let copy = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? copy.close() }
    return try copy.inDatabase { copy in
      try ["identity", "embedding"].contains { table in
        let rows = try RawStatement(copy, "SELECT id FROM \(table)")
        let same = try RawStatement(db, "SELECT 1 FROM \(table) WHERE id = ?")
        while try rows.step() {
          same.reset()
          try same.bind(rows.integer(0), at: 1)
          if try !same.step() { return true }
        }
        return false
      }
    }
  }

  /// Embeddings that are damaged or lead nowhere, and training rows without their run.
  private static func removals(_ db: Database) throws -> [Removal] {
    var removals: [Removal] = []
    var makers: [Int64: EmbedderRow] = [:]
    let embedders = try RawStatement(db, "SELECT id, name, dimension, metric FROM embedder")
    while try embedders.step() {
      guard let metric = Metric(rawValue: embedders.text(3) ?? ""), (1...65_536).contains(embedders.integer(2)) else {
        continue
      }
      makers[embedders.integer(0)] = EmbedderRow(
        id: embedders.integer(0), name: embedders.text(1) ?? "", dimension: Int(embedders.integer(2)), metric: metric)
    }
    let known = try db.integer("SELECT count(*) FROM embedder")
    let rows = try RawStatement(
      db,
      """
      SELECT e.id, e.embedder_id, e.vector, i.name, e.source, i.id IS NULL, e.identity_id
      FROM embedding AS e LEFT JOIN identity AS i ON i.id = e.identity_id ORDER BY e.id
      """)
    while try rows.step() {
      let maker = makers[rows.integer(1)]
      let reason: String? =
        if rows.integer(5) == 1 {
          "belongs to an identity that is not there"
        } else if let maker {
          VectorFault.find(inRow: rows.blob(2), embedder: maker)?.sentence(embedder: maker)
        } else if makers.count == known {
          "was made by an embedder that is not there"
        } else {
          nil
        }
      guard let reason else { continue }
      removals.append(
        Removal(
          table: "embedding", id: rows.integer(0), identity: rows.text(3), identityID: rows.integer(6),
          source: rows.text(4), reason: reason))
    }
    for (table, condition) in TrainingSets.orphaned {
      let orphans = try RawStatement(db, "SELECT DISTINCT run_id FROM \(table) WHERE \(condition)")
      while try orphans.step() {
        removals.append(
          Removal(
            table: table, id: orphans.integer(0), identity: nil, source: nil,
            reason: "belongs to a training run that is not there"))
      }
    }
    return removals
  }

  /// Adds lines to the report, and returns when they are on the disk.
  private func append(_ removals: [Removal], to list: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let before = FileContents.of(list)
    if before == nil, DurableFile.size(list) != nil {
      throw GalleryError.storage(path: list, reason: "it cannot be read, and is not to be written over: move it away")
    }
    var text = before ?? Data()
    for removal in removals { text += try encoder.encode(removal) + Data("\n".utf8) }
    do {
      try DurableFile.write(text, to: list, rightsOf: path)
    } catch {
      throw GalleryError.storage(path: list, reason: "\(error)")
    }
  }

  /// Takes an identity, whatever it was called, out of the report of removed rows beside the gallery at `path`.
  static func strikeOff(_ id: IdentityID, named name: String, fromListOf path: String) {
    /// Lines of before have no number.
    struct Line: Decodable {
      var identity: String?
      var identity_id: Int64?
    }
    let list = path + ".removed-rows.jsonl"
    guard let text = FileContents.of(list) else { return }
    let lines = text.split(separator: UInt8(ascii: "\n"))
    let kept = lines.filter { text in
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else { return true }
      return line.identity_id.map { $0 != id.rawValue } ?? (line.identity != name)
    }
    if kept.count == lines.count { return }
    let left = Data(kept.joined(separator: Data("\n".utf8)) + Data("\n".utf8))
    try? DurableFile.write(left, to: list, rightsOf: path)
  }
}
