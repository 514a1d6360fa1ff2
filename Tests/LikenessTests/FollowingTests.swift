import CDatabaseConfiguration
import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// How the index follows the rows where that is not straightforward.
@Suite struct FollowingTests {
  @Test("a change that came while an earlier one with its number went into the graph is not dropped with that")
  func sameNumber() {
    var overlay = Overlay()
    overlay.append(id: 7, Pending(sequence: 3, vector: [1]))
    let taken = overlay.take(upTo: .max, limit: 10)
    #expect(taken.map(\.id) == [7])
    // All rows were compared, as another program had switched triggers off: the log has no number for that.
    overlay.append(id: 7, Pending(sequence: 3, vector: [2]))
    overlay.settle(taken.map { ($0.id, $0.pending.number) })
    #expect(overlay[7]?.vector == [2])
    #expect(overlay.hasQueued)
    let rest = overlay.take(upTo: 3, limit: 10)
    #expect(rest.map(\.pending.vector) == [[2]])
    overlay.settle(rest.map { ($0.id, $0.pending.number) })
    #expect(overlay.isEmpty && !overlay.hasQueued)
  }

  @Test("without its triggers a gallery compares all rows once a commit, not with every query")
  func untrustedLog() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 4)
    var random = Seeded(5)
    let vectors = (0..<50).map { _ in random.vector(4) }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0)", vector: $1) })
    let hand = try otherHand(scratch.path())
    try hand.write { db in try db.execute(sql: "DROP TRIGGER embedding_deleted") }
    for index in 0..<5 {
      #expect(try gallery.query(.vector(vectors[index]), k: 1).candidates.first?.identity == "p\(index)")
    }
    #expect(gallery.comparisons == 1)
    try hand.write { db in try db.execute(sql: "DELETE FROM embedding WHERE id = 3") }
    for _ in 0..<5 {
      #expect(try gallery.query(.vector(vectors[2]), k: 1).candidates.first?.identity != "p2")
    }
    #expect(gallery.comparisons == 2)
    // Its own commits, too.
    try gallery.enroll(vectors[2], as: "again")
    for _ in 0..<5 {
      #expect(try gallery.query(.vector(vectors[2]), k: 1).candidates.first?.identity == "again")
    }
    #expect(gallery.comparisons == 3)
  }

  /// Commits at once, one after the other, every second time without a trace of one of two changes.
  private static func commitWithoutPause(_ path: String, until isDone: StopSign) throws {
    let hand = try otherHand(path)
    var value: Float = 0
    while !isDone.isUp {
      value += 1
      let blobs = [blob([value, 1]), blob([1, value])]
      try hand.inDatabase { db in
        try db.execute(sql: "BEGIN IMMEDIATE")
        try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 1", arguments: [blobs[0]])
        if Int(value) % 2 == 0, let connection = db.sqliteConnection {
          _ = likeness_enable_triggers(UnsafeMutableRawPointer(connection), 0)
        }
        try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 90", arguments: [blobs[1]])
        if let connection = db.sqliteConnection {
          _ = likeness_enable_triggers(UnsafeMutableRawPointer(connection), 1)
        }
        try db.execute(sql: "COMMIT")
      }
    }
  }

  @Test(
    "beside a program that commits without a pause queries and enrolments return, and miss nothing",
    arguments: [nil, 0])
  func beside(mostLateRounds: Int?) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2) { $0.busyTimeout = 300 }
    if let mostLateRounds { gallery.acceptLateSnapshots(after: mostLateRounds) }
    try gallery.enroll((1...400).map { Enrollment(identity: "p\($0)", vector: [Float($0), -1]) })
    let isDone = StopSign()
    // A thread of its own, as it waits for nobody.
    let hand = DispatchGroup()
    hand.enter()
    let path = scratch.path()
    Thread.detachNewThread {
      defer { hand.leave() }
      #expect(throws: Never.self) { try Self.commitWithoutPause(path, until: isDone) }
    }
    defer {
      isDone.raise()
      hand.wait()
    }
    for round in 0..<400 {
      #expect(try gallery.query(.vector([200, -1]), k: 1).candidates.first?.identity == "p200")
      if round % 40 == 0 { try gallery.enroll([Float(round), -9], as: "new") }
    }
    isDone.raise()
    hand.wait()
    #expect(try gallery.indexDisagreements().isEmpty)
    let last = try gallery.vector(of: EmbeddingID(90))
    #expect(try gallery.query(.vector(last), k: 1).candidates.first?.distance == 0)
  }
}
