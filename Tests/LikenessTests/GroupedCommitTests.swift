import Foundation
import GRDB
import HNSW
import Likeness
import Locks
import Seeded
import Synchronization
import Testing

/// What several tasks found, together: under a lock that ThreadSanitizer sees.
private final class Findings: Sendable {
  private let vectors = Locked<[EmbeddingID: [Float]]>([:])
  private let refusals = Atomic(0)

  var acknowledged: [EmbeddingID: [Float]] { vectors.withLock { $0 } }
  var refused: Int { refusals.load(ordering: .relaxed) }

  func acknowledge(_ ids: [EmbeddingID], _ rows: [Enrollment]) {
    vectors.withLock { all in for (id, row) in zip(ids, rows) { all[id] = row.vector } }
  }

  func refuse() { refusals.add(1, ordering: .relaxed) }
}

@Suite("Grouped commits")
struct GroupedCommitTests {
  @Test("who is at fault in a group fails alone, each with its own error")
  func failingMembers() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: """
          CREATE TRIGGER guarded BEFORE INSERT ON identity WHEN NEW.name LIKE 'forbidden%'
          BEGIN SELECT RAISE(ABORT, 'not this one'); END
          """)
    }
    func one(_ name: String, _ vector: [Float]) -> Enrollment { Enrollment(identity: name, vector: vector) }
    let outcomes = try gallery.enrollTogether([
      [one("Ada", [1, 0])],
      [one("Grace", [2, 0]), one("Grace", [.nan, 0])],
      [one("new", [3, 0]), one("forbidden 1", [3, 1])],
      [one("new", [4, 0])],
      [one("short", [5])],
      [one("forbidden 2", [6, 0])],
      [one("Ada", [7, 0]), one("Edsger", [7, 1])],
    ])
    let errors = outcomes.map { outcome -> String in
      if case .failure(let error) = outcome { return "\(error)" }
      return ""
    }
    for (error, part) in zip(errors, ["", "value nan", "not this one", "", "has 1 value", "not this one", ""]) {
      #expect(part.isEmpty ? error.isEmpty : error.contains(part), "\(error)")
    }
    #expect(try gallery.identities().map(\.name) == ["Ada", "Edsger", "new"])
    #expect(try gallery.identities().map(\.embeddings) == [2, 1, 1])
    let ids = try outcomes[6].get()
    #expect(try gallery.vector(of: ids[1]) == [7, 1])
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("where there is no room for one, the others of its group are stored")
  func noRoomForOne() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 256) { $0.indexing = .onFirstQuery }
    let pages = try otherHand(scratch.path()).read { db in try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0 }
    try gallery.limitPages(pages + 30)
    var random = Seeded(1)
    let large = (0..<4_000).map { Enrollment(identity: "large \($0)", vector: random.vector(256)) }
    let outcomes = try gallery.enrollTogether([
      [Enrollment(identity: "first", vector: random.vector(256))], large,
      [Enrollment(identity: "last", vector: random.vector(256))],
    ])
    #expect(throws: GalleryError.diskFull(path: scratch.path())) { try outcomes[1].get() }
    #expect(try outcomes[0].get().count == 1)
    #expect(try outcomes[2].get().count == 1)
    #expect(try gallery.identities().map(\.name) == ["first", "last"])
  }

  @Test("eight callers at once, some at fault: every acknowledged row is there once, no other is")
  func manyCallers() async throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    let findings = Findings()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for caller in 0..<8 {
        group.addTask {
          var last = EmbeddingID(0)
          for number in 0..<60 {
            var rows = (0...(number % 3)).map {
              Enrollment(identity: "\(caller)", vector: [Float(caller * 1_000 + number), Float($0)])
            }
            let isBad = number % 7 == caller % 7
            if isBad { rows[rows.count - 1].vector = number % 2 == 0 ? [.nan, 1] : [1] }
            do {
              let ids = try gallery.enroll(rows)
              #expect(!isBad)
              // In the order given, one after the other, and behind what this caller stored before.
              #expect(ids == (0..<rows.count).map { EmbeddingID(ids[0].rawValue + Int64($0)) })
              #expect(ids[0] > last)
              last = ids[ids.count - 1]
              findings.acknowledge(ids, rows)
            } catch let error as GalleryError {
              #expect(isBad, "\(error)")
            }
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
    let expected = findings.acknowledged
    #expect(try gallery.info().embeddings == expected.count)
    for (id, vector) in expected { #expect(try gallery.vector(of: id) == vector) }
    gallery.settle()
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("a closed gallery refuses everybody, and nobody waits for ever")
  func closed() async throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let findings = Findings()
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<6 {
        group.addTask {
          for number in 0..<50 {
            if caller == 0, number == 10 { try? gallery.close() }
            do {
              try gallery.enroll([Float(number)], as: "\(caller)")
            } catch {
              findings.refuse()
              #expect(error as? GalleryError == .closed(path: gallery.path), "\(error)")
            }
          }
        }
      }
    }
    #expect(findings.refused >= 40)
  }
}
