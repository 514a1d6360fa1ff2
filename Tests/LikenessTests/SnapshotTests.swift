import Foundation
import GRDB
import Likeness
import Seeded
import Synchronization
import Testing

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
