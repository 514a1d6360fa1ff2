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
    var source: String?
    var reason: String

    /// By which it is known again.
    var row: String { "\(table) \(id)" }
  }

  /// What was done, as sentences.
  func run() throws -> [String] {
    var mended = try schemaBefore()
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
      if let line = try finishErasure(gallery) { mended.append(line) }
    }
    let snapshot = try gallery.reading { db in IndexSnapshotState(galleryAt: path, in: db) }
    let file = SnapshotFile(galleryAt: path)
    if snapshot.mend != nil, !file.isForeign {
      DurableFile.remove(file.path)
      mended.append("the index snapshot, which was of no use, is gone: opening makes another")
    }
    return mended
  }

  /// What opening will put back: named before it does.
  private func schemaBefore() throws -> [String] {
    var looking = configuration
    looking.readOnly = true
    looking.indexing = .onFirstQuery
    let gallery = try Gallery(path: path, configuration: looking)
    defer { try? gallery.close() }
    var lines = try gallery.reading { db in
      // Before it is brought to this version, all are put back.
      let isOlder = try db.integer("PRAGMA user_version") < GalleryFile.supportedVersion
      return try (isOlder ? ExpectedSchema.restorable(in: db) : ExpectedSchema.needed(in: db)).map(\.restored)
    }
    let isPending = try gallery.reading { db in
      try !ExpectedSchema.restorable(in: db).contains { $0.name == "erasure" }
        && db.integer("SELECT count(*) FROM erasure") > 0
    }
    if isPending {
      lines.append("the pending erasure was taken up")
    }
    return lines
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

  private func finishErasure(_ gallery: Gallery) throws -> String? {
    let isPending = { try gallery.connections.read { db in try db.integer("SELECT count(*) FROM erasure") > 0 } }
    guard try isPending() else { return nil }
    _ = try gallery.erase(waiting: true)
    return try isPending() ? nil : "the pending erasure is finished"
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
    let list = path + ".removed-rows.jsonl"
    try gallery.connections.write { db in
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
    }
    return lines
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
      SELECT e.id, e.embedder_id, e.vector, i.name, e.source, i.id IS NULL
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
        Removal(table: "embedding", id: rows.integer(0), identity: rows.text(3), source: rows.text(4), reason: reason))
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
    var text = FileContents.of(list) ?? Data()
    for removal in removals { text += try encoder.encode(removal) + Data("\n".utf8) }
    do {
      try DurableFile.write(text, to: list, rightsOf: path)
    } catch {
      throw GalleryError.storage(path: list, reason: "\(error)")
    }
  }

  /// Takes an identity out of the report of removed rows beside the gallery at `path`.
  static func strikeOff(identity: String, fromListOf path: String) {
    struct Line: Decodable {
      var identity: String?
    }
    let list = path + ".removed-rows.jsonl"
    guard let text = FileContents.of(list) else { return }
    let lines = text.split(separator: UInt8(ascii: "\n"))
    let kept = lines.filter { (try? JSONDecoder().decode(Line.self, from: Data($0)))?.identity != identity }
    if kept.count == lines.count { return }
    let left = Data(kept.joined(separator: Data("\n".utf8)) + Data("\n".utf8))
    try? DurableFile.write(left, to: list, rightsOf: path)
  }
}
