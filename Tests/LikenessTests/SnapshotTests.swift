import Foundation
import GRDB
import Likeness
import Logging
import Seeded
import Synchronization
import Testing

/// A gallery that the index was saved beside, and what to ask it.
private struct Saved {
  let scratch: Scratch
  let path: String
  var index: String { path + "-index" }
  let lines = Lines()
  var configuration: GalleryConfiguration
  private(set) var probes: [[Float]] = []

  init(
    _ metric: Metric = .euclidean, compact: Bool = false, count: Int = 600, seed: UInt64 = 1, name: String = "people"
  ) throws {
    scratch = try Scratch()
    path = scratch.path("\(name).gallery")
    var configuration = GalleryConfiguration()
    configuration.compact = compact
    configuration.snapshotThreshold = 100
    configuration.exactBelow = 50
    configuration.efConstruction = 40
    configuration.threads = 2
    configuration.durability = .processCrash
    let lines = lines
    configuration.logger = Logger(label: "test") { _ in lines.handler }
    self.configuration = configuration
    var random = Seeded(seed)
    probes = (0..<12).map { _ in random.vector(24) }
    let gallery = try open()
    try gallery.register(specification(24, metric))
    try gallery.enroll((0..<count).map { Enrollment(identity: "person \($0 / 3)", vector: random.vector(24)) })
    try gallery.remove(embedding: EmbeddingID(7))
    try gallery.close()
    lines.clear()
  }

  func open(_ change: (inout GalleryConfiguration) -> Void = { _ in }) throws -> Gallery {
    var configuration = configuration
    change(&configuration)
    return try Gallery(path: path, configuration: configuration)
  }

  /// Opens, answers, and compares with an index that is built from the rows.
  func expectTruth(
    isRefused: Bool = false, _ change: (inout GalleryConfiguration) -> Void = { _ in },
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    lines.clear()
    let gallery = try open(change)
    #expect(lines.said("is not used") == (isRefused ? 1 : 0), sourceLocation: location)
    let built = try Gallery(
      path: path,
      configuration: quiet {
        $0 = configuration
        $0.snapshots = .never
        $0.readOnly = true
        $0.compact = false
        $0.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      })
    for probe in probes {
      let (mine, theirs) = try (
        gallery.query(.vector(probe), k: 5, recall: 1), built.query(.vector(probe), k: 5, recall: 1)
      )
      #expect(mine.candidates == theirs.candidates, sourceLocation: location)
      #expect(mine.gallerySize == theirs.gallerySize, sourceLocation: location)
    }
    gallery.settle()
    #expect(try gallery.indexDisagreements().isEmpty, sourceLocation: location)
    try built.close()
    try gallery.close()
  }
}

/// What a gallery logs.
private final class Lines: Sendable {
  private let all = Mutex<[String]>([])

  var handler: Handler { Handler(lines: self) }
  func clear() { all.withLock { $0 = [] } }
  func said(_ part: String) -> Int { all.withLock { $0.count { $0.contains(part) } } }

  struct Handler: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.all.withLock { $0.append("\(event.message)") } }
  }
}

@Suite struct SnapshotTests {
  @Test(
    "a gallery opened with its snapshot answers as one that is built from the rows, in every metric and mode",
    arguments: [(Metric.euclidean, false), (.cosine, false), (.dot, false), (.euclidean, true), (.cosine, true)])
  func roundTrip(metric: Metric, compact: Bool) throws {
    let saved = try Saved(metric, compact: compact)
    #expect(FileManager.default.fileExists(atPath: saved.index))
    let gallery = try saved.open()
    #expect(gallery.openedFromSnapshot)
    #expect(gallery.pendingChanges == 0)
    try gallery.close()
    try saved.expectTruth()
  }

  @Test("an index read back is the one that was saved")
  func sameDigest() throws {
    let saved = try Saved()
    let first = try saved.open()
    try first.saveSnapshot()
    let digest = try #require(first.graphDigest)
    try first.close()
    let second = try saved.open()
    #expect(second.graphDigest == digest)
    try second.close()
  }

  @Test("changes after the snapshot are replayed, whoever made them")
  func replayed() throws {
    let saved = try Saved()
    var random = Seeded(5)
    let other = try otherHand(saved.path)
    try other.write { db in
      for id in 20..<30 { try db.execute(sql: "DELETE FROM embedding WHERE id = ?", arguments: [id]) }
      for id in 40..<50 {
        try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = ?", arguments: [blob(random.vector(24)), id])
      }
      for _ in 0..<10 {
        try db.execute(
          sql: "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (1, 1, ?)",
          arguments: [blob(random.vector(24))])
      }
    }
    try other.close()
    try saved.expectTruth()
  }

  @Test(
    "rows changed while nobody watched and without a trace in the log are noticed",
    arguments: ["triggers dropped and put back", "triggers off", "log emptied", "log row deleted", "log pruned"])
  func unlogged(how: String) throws {
    let saved = try Saved()
    var random = Seeded(6)
    let vector = blob(random.vector(24))
    let other = try otherHand(saved.path)
    try other.writeWithoutTransaction { db in
      let hex = vector.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      let change = "UPDATE embedding SET vector = x'\(hex)'"
      switch how {
      case "triggers dropped and put back":
        let sql = try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'embedding_updated'")
        try db.execute(sql: "DROP TRIGGER embedding_updated")
        try db.execute(sql: change + " WHERE id IN (11, 12)")
        try db.execute(sql: try #require(sql))
      case "triggers off":
        try withoutTriggers(db) {
          try db.execute(sql: change + " WHERE id = 11; DELETE FROM embedding WHERE id = 13")
          try db.execute(
            sql: "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (1, 1, ?)",
            arguments: [blob([Float](repeating: 1, count: 24))])
        }
      case "log emptied":
        try db.execute(sql: change + " WHERE id = 11; DELETE FROM change")
      case "log row deleted":
        try db.execute(sql: change + " WHERE id = 11; DELETE FROM change WHERE embedding_id = 11")
        try db.execute(sql: "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'change'")
      default:
        try db.execute(sql: change + " WHERE id = 11")
        try db.execute(sql: "DELETE FROM change WHERE sequence < (SELECT max(sequence) FROM change)")
      }
    }
    try other.close()
    try saved.expectTruth()
  }

  @Test("a row changed without a trace in the log while the gallery is open is in the next answer")
  func unloggedWhileOpen() throws {
    let saved = try Saved()
    let gallery = try saved.open()
    let probe = [Float](repeating: 3, count: 24)
    _ = try gallery.query(.vector(probe), k: 1)
    let other = try otherHand(saved.path)
    try other.writeWithoutTransaction { db in
      try withoutTriggers(db) {
        try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 99", arguments: [blob(probe)])
      }
    }
    #expect(try gallery.query(.vector(probe), k: 1).candidates.map(\.distance) == [0])
    // Also where this process was the next to write.
    try other.writeWithoutTransaction { db in
      try withoutTriggers(db) {
        try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 98", arguments: [blob(probe.map { $0 + 1 })])
      }
    }
    try gallery.enroll(saved.probes[0], as: "somebody")
    #expect(try gallery.query(.vector(probe.map { $0 + 1 }), k: 1).candidates.map(\.distance) == [0])
    // What is no business of the index costs no comparison.
    let compared = gallery.comparisons
    try gallery.rename("somebody", to: "somebody else")
    _ = try gallery.query(.vector(probe), k: 1)
    #expect(gallery.comparisons == compared)
    try other.close()
    try gallery.close()
  }

  @Test("a backup put in the place of the gallery is noticed")
  func backup() throws {
    let saved = try Saved()
    let copy = saved.scratch.path("copy")
    try FileManager.default.copyItem(atPath: saved.path, toPath: copy)
    let gallery = try saved.open()
    var random = Seeded(9)
    try gallery.enroll((0..<40).map { _ in Enrollment(identity: "later", vector: random.vector(24)) })
    try gallery.close()
    try FileManager.default.removeItem(atPath: saved.path)
    try FileManager.default.moveItem(atPath: copy, toPath: saved.path)
    try saved.expectTruth(isRefused: true)
    // Said once: the next opening has a snapshot of what is there now.
    try saved.expectTruth()
  }

  @Test("a snapshot of another gallery, embedder or configuration is refused, said once, and made anew")
  func foreign() throws {
    let saved = try Saved()
    let other = try Saved(seed: 77, name: "others")
    func swap(_ path: String) throws {
      try FileManager.default.removeItem(atPath: saved.index)
      try FileManager.default.copyItem(atPath: path, toPath: saved.index)
    }
    try swap(other.index)
    try saved.expectTruth(isRefused: true)
    try saved.expectTruth()
    let cosine = try Saved(.cosine)
    try swap(cosine.index)
    try saved.expectTruth(isRefused: true)
    try saved.expectTruth()
    try saved.expectTruth(isRefused: true) { $0.seed = 3 }
    try saved.expectTruth(isRefused: true) { $0.M = 12 }
    try saved.expectTruth(isRefused: true) { $0.compact = true }
  }

  @Test("a damaged snapshot costs a rebuild and a line in the log, never an error", arguments: 0..<11)
  func damaged(round: Int) throws {
    let saved = try Saved(count: 300)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: saved.index))
    switch round {
    case 0: bytes = Data()
    case 1: bytes = Data(count: bytes.count)
    case 2: bytes = bytes.prefix(100)
    case 3: bytes = bytes.prefix(bytes.count / 2)
    case 4: bytes = bytes.dropLast()
    case 5: bytes.append(1)
    case 6: bytes[8] = 9  // the version
    default: bytes[bytes.count * (round - 7) / 4 + 600] ^= 4
    }
    try bytes.write(to: URL(fileURLWithPath: saved.index))
    try saved.expectTruth(isRefused: true)
    try saved.expectTruth()
  }

  @Test("bits that flipped in its first bytes do not make a snapshot somebody else's file")
  func firstBytes() throws {
    let saved = try Saved(count: 300)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: saved.index))
    for place in 0..<3 { bytes[place] ^= 0x20 }
    try bytes.write(to: URL(fileURLWithPath: saved.index))
    try saved.expectTruth(isRefused: true)
    try saved.expectTruth()
  }

  @Test("another gallery, or another program's file, that has the name of a saved index is never touched")
  func foreignFile() throws {
    let scratch = try Scratch()
    var random = Seeded(91)
    let vectors = (0..<300).map { _ in random.vector(8) }
    let other = try makeGallery(scratch.path("p-index"), 8) { $0.snapshotThreshold = 64 }
    try other.enroll(vectors.map { Enrollment(identity: "theirs", vector: $0) })
    try other.close()
    let path = scratch.path("p")
    let before = try Data(contentsOf: URL(fileURLWithPath: scratch.path("p-index")))
    func look(_ name: String) throws {
      let gallery = try Gallery(path: path, configuration: quiet { $0.snapshotThreshold = 64 })
      #expect(throws: GalleryError.self) { try gallery.saveSnapshot() }
      #expect(try gallery.query(.vector(vectors[5]), k: 1).candidates[0].identity == "person 5")
      #expect(try gallery.forget(name).erasure == .complete)
      try gallery.close()
      let diagnosis = try Gallery.diagnose(path: path, configuration: quiet(), fixing: true)
      #expect(diagnosis.complaints.map(\.isFixable) == [false])
      #expect(diagnosis.complaints[0].what.contains("is another program's file, or another gallery: move it away"))
    }
    let gallery = try makeGallery(path, 8) { $0.snapshotThreshold = 64 }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "person \($0)", vector: $1) })
    let copy = scratch.path("copy")
    try gallery.backup(to: copy)
    try gallery.close()
    try look("person 7")
    try Gallery.restore(from: copy, to: path, replacing: true, configuration: quiet())
    try Data("no gallery".utf8).write(to: URL(fileURLWithPath: path))
    try Gallery.restore(from: copy, to: path, replacing: true, configuration: quiet())
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("p-index"))) == before)
    #expect(
      try Gallery(path: scratch.path("p-index"), configuration: quiet()).query(.vector(vectors[5]), k: 1)
        .candidates[0].identity == "theirs")
    let note = Data("Notes of mine".utf8)
    try FileManager.default.removeItem(atPath: scratch.path("p-index"))
    try note.write(to: URL(fileURLWithPath: scratch.path("p-index")))
    try look("person 8")
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("p-index"))) == note)
  }

  @Test("a read-only gallery opens with the snapshot and writes none")
  func readOnly() throws {
    let saved = try Saved()
    let gallery = try saved.open { $0.readOnly = true }
    #expect(gallery.openedFromSnapshot)
    #expect(throws: GalleryError.self) { try gallery.saveSnapshot() }
    try gallery.close()
    try FileManager.default.removeItem(atPath: saved.index)
    try saved.open { $0.readOnly = true }.close()
    #expect(!FileManager.default.fileExists(atPath: saved.index))
  }

  @Test("a small gallery leaves no file beside it, and asked to save one it does")
  func small() throws {
    let saved = try Saved()
    try FileManager.default.removeItem(atPath: saved.index)
    try saved.open { $0.snapshotThreshold = 2_000 }.close()
    try saved.open { $0.snapshots = .onDemand }.close()
    #expect(!FileManager.default.fileExists(atPath: saved.index))
    let gallery = try saved.open { $0.snapshots = .onDemand }
    #expect(try gallery.saveSnapshot())
    #expect(FileManager.default.fileExists(atPath: saved.index))
    try gallery.close()
  }

  @Test("no eight bytes of a forgotten person's vectors are in any file of the gallery", arguments: [false, true])
  func forgotten(compact: Bool) throws {
    let saved = try Saved(compact: compact)
    let gallery = try saved.open()
    let vectors = try gallery.embeddings(of: "person 30").map { try gallery.vector(of: $0.id) }
    #expect(vectors.count == 3)
    try gallery.saveSnapshot()
    let receipt = try gallery.forget("person 30")
    #expect(receipt.erasure == .complete)
    if compact { #expect(gallery.removedVectorsAreErased) }
    try gallery.close()
    for name in try FileManager.default.contentsOfDirectory(atPath: saved.scratch.folder.path) {
      let bytes = try Data(contentsOf: saved.scratch.folder.appendingPathComponent(name))
      for vector in vectors {
        let runs = stride(from: 0, to: 24, by: 2).map { blob(Array(vector[$0..<$0 + 2])) }
        #expect(!runs.contains { bytes.range(of: $0) != nil })
      }
    }
    try saved.expectTruth()
  }

  @Test("forgetting removes the snapshot before it is done, also one that is being written")
  func eraseTemporaries() throws {
    let saved = try Saved()
    let temporary = saved.index + ".tmp-1-1"
    try Data("a process that was killed".utf8).write(to: URL(fileURLWithPath: temporary))
    let gallery = try saved.open { $0.snapshots = .onDemand }
    try gallery.forget("person 3")
    #expect(!FileManager.default.fileExists(atPath: temporary))
    #expect(!FileManager.default.fileExists(atPath: saved.index))
    try gallery.close()
  }

  @Test("an erasure that a crash interrupted removes the snapshot at the next opening")
  func interruptedErasure() throws {
    let saved = try Saved()
    let other = try otherHand(saved.path)
    try other.write { db in
      try db.execute(sql: "DELETE FROM identity WHERE name = 'person 5'; INSERT INTO erasure (id) VALUES (1)")
    }
    try other.close()
    let gallery = try saved.open { $0.snapshots = .onDemand }
    #expect(!FileManager.default.fileExists(atPath: saved.index))
    #expect(try gallery.info().erasurePending == false)
    try gallery.close()
  }

  @Test("what dead processes left half written is cleared away")
  func rubbish() throws {
    let saved = try Saved()
    let temporary = saved.index + ".tmp-4242-1"
    try Data("half".utf8).write(to: URL(fileURLWithPath: temporary))
    let gallery = try saved.open()
    try gallery.saveSnapshot()
    #expect(!FileManager.default.fileExists(atPath: temporary))
    try gallery.close()
  }

  @Test("enrolling, removing and asking go on while the index is saved, and nothing of it is lost")
  func saveDuringWrites() throws {
    let saved = try Saved(count: 1_500)
    let gallery = try saved.open { $0.snapshotInterval = 50 }
    let failures = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 3) { thread in
      var random = Seeded(UInt64(thread) + 20)
      for round in 0..<60 {
        do {
          switch thread {
          case 0: try gallery.enroll(random.vector(24), as: "new \(round)")
          case 1: try gallery.saveSnapshot()
          default:
            let vector = random.vector(24)
            let id = try gallery.enroll(vector, as: "other \(round)")
            let nearest = try gallery.query(.vector(vector), k: 1, by: .embedding).candidates.first
            if nearest?.embedding != id { failures.withLock { $0 += 1 } }
            try gallery.remove(embedding: id)
          }
        } catch {
          failures.withLock { $0 += 1 }
        }
      }
    }
    #expect(failures.withLock { $0 } == 0)
    gallery.settle()
    #expect(try gallery.indexDisagreements().isEmpty)
    try gallery.close()
    try saved.expectTruth()
  }

  @Test("two open galleries may both save; the next opening finds the rows")
  func twoSavers() throws {
    let saved = try Saved()
    let (first, second) = try (saved.open(), saved.open())
    var random = Seeded(4)
    for _ in 0..<5 {
      try first.enroll(random.vector(24), as: "first")
      try second.enroll(random.vector(24), as: "second")
      try first.saveSnapshot()
      try second.saveSnapshot()
    }
    try first.close()
    try second.close()
    try saved.expectTruth()
  }

  @Test("damaged rows are left out with a snapshot as without")
  func damagedRows() throws {
    let saved = try Saved()
    let other = try otherHand(saved.path)
    try other.writeWithoutTransaction { db in
      let nan = blob([Float](repeating: .nan, count: 24))
      try withoutTriggers(db) {
        try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 50", arguments: [nan])
        try db.execute(sql: "UPDATE embedding SET vector = x'00' WHERE id = 51")
      }
    }
    try other.close()
    let gallery = try saved.open()
    #expect(gallery.openedFromSnapshot)
    #expect(try gallery.info().leftOut.map(\.embedding) == [EmbeddingID(50), EmbeddingID(51)])
    try gallery.close()
    try saved.expectTruth()
  }

  @Test("closing a gallery ends an opening that still builds the index")
  func closeDuringBuild() throws {
    let saved = try Saved(count: 3_000)
    let gallery = try saved.open {
      $0.indexing = .onFirstQuery
      $0.snapshots = .never
    }
    try gallery.close()
    #expect(throws: GalleryError.self) { try gallery.query(.vector(saved.probes[0])) }
  }
}

/// Runs `body` without triggers and without a trace in the schema, as a connection with triggers switched off
/// (`SQLITE_DBCONFIG_ENABLE_TRIGGER`) does.
private func withoutTriggers(_ db: Database, _ body: () throws -> Void) throws {
  let version = try Int.fetchOne(db, sql: "PRAGMA schema_version") ?? 0
  let triggers = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
  try db.inTransaction {
    for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger["name"] as String)") }
    try body()
    for trigger in triggers { try db.execute(sql: trigger["sql"]) }
    try db.execute(sql: "PRAGMA schema_version = \(version)")
    return .commit
  }
}
