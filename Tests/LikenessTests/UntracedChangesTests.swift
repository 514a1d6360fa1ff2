import CDatabaseConfiguration
import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// Programs that switch triggers off for a part of a transaction, so that the log of changes has the other part.
@Suite struct UntracedChangesTests {
  /// A gallery of 400 vectors, some thirty rows a page, and another program's connection to it.
  private func makeScene(
    _ scratch: Scratch, dimension: Int = 16, _ metric: Metric = .euclidean
  ) throws -> (gallery: Gallery, hand: DatabaseQueue) {
    let gallery = try makeGallery(scratch.path(), dimension, metric)
    try gallery.enroll(
      (1...400).map { Enrollment(identity: "p\($0)", vector: vector(Float($0), dimension)) })
    let hand = try otherHand(scratch.path())
    _ = try gallery.query(.vector(vector(1, dimension)), k: 1)
    return (gallery, hand)
  }

  private func vector(_ value: Float, _ dimension: Int = 16) -> [Float] {
    var vector = [Float](repeating: 1, count: dimension)
    vector[0] = value
    return vector
  }

  /// Commits changes of which the log has those before `untraced`, and not these.
  private func commit(_ hand: DatabaseQueue, traced: String, untraced: (Database) throws -> Void) throws {
    try hand.write { db in
      try db.execute(sql: traced)
      try withoutTriggers(db) { try untraced(db) }
    }
  }

  private func withoutTriggers(_ db: Database, _ body: () throws -> Void) throws {
    let connection = UnsafeMutableRawPointer(try #require(db.sqliteConnection))
    #expect(likeness_enable_triggers(connection, 0) == 0)
    defer { _ = likeness_enable_triggers(connection, 1) }
    try body()
  }

  private static let insertion = "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (?, 1, ?)"
  /// Something that leaves a trace.
  private static let traced = "UPDATE embedding SET vector = vector WHERE id = 200"

  @Test("a row inserted without a trace, in a transaction that left one of others, is in the next answer")
  func insert() throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try commit(hand, traced: Self.traced) { db in
      try db.execute(sql: Self.insertion, arguments: [7, blob(vector(1_000))])
    }
    let answer = try gallery.query(.vector(vector(1_000)), k: 1)
    #expect(answer.candidates.map(\.identity) == ["p7"])
    #expect(answer.gallerySize.embeddings == 401)
    #expect(gallery.comparisons == 1)
  }

  @Test(
    "rows deleted without a trace, in a transaction that left one of others, are in no answer from then on",
    arguments: [
      "id = 100",
      // The last, the first, whole pages of them, all but some at the ends, and all.
      "id = 400", "id = 1", "id <= 90", "id > 250", "id BETWEEN 40 AND 310", "id > 1", "id < 400", "1",
    ])
  func delete(condition: String) throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try commit(hand, traced: Self.traced) { db in try db.execute(sql: "DELETE FROM embedding WHERE \(condition)") }
    let left = try hand.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding") ?? 0 }
    #expect(try gallery.query(.vector(vector(100)), k: 1).gallerySize.embeddings == left)
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test(
    "a vector changed without a trace, in a transaction that left one of others, is in the next answer",
    arguments: [16, 1_500], [Metric.euclidean, .cosine])
  func update(dimension: Int, metric: Metric) throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch, dimension: dimension, metric)
    try commit(hand, traced: Self.traced) { db in
      try db.execute(
        sql: "UPDATE embedding SET vector = ? WHERE id = 7", arguments: [blob(vector(-1_000, dimension))])
    }
    #expect(try gallery.query(.vector(vector(-1_000, dimension)), k: 1).candidates.map(\.identity) == ["p7"])
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("an insertion and a deletion without a trace, which leave the number of rows as it was, are in the next answer")
  func balanced() throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try commit(hand, traced: Self.traced) { db in
      try db.execute(sql: "DELETE FROM embedding WHERE id = 50")
      try db.execute(sql: Self.insertion, arguments: [7, blob(vector(1_000))])
    }
    #expect(try gallery.query(.vector(vector(1_000)), k: 1).candidates.map(\.identity) == ["p7"])
    #expect(try gallery.query(.vector(vector(50)), k: 2).candidates.map(\.identity) == ["p49", "p51"])
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("an id changed without a trace is in the next answer, and so is a row replaced by another")
  func moved() throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try commit(hand, traced: Self.traced) { db in
      try db.execute(sql: "UPDATE embedding SET id = 5000 WHERE id = 50")
      try db.execute(
        sql: "REPLACE INTO embedding (id, identity_id, embedder_id, vector) VALUES (60, 7, 1, ?)",
        arguments: [blob(vector(1_000))])
    }
    #expect(try gallery.query(.vector(vector(50)), k: 1).candidates.map(\.embedding) == [EmbeddingID(5_000)])
    #expect(try gallery.query(.vector(vector(1_000)), k: 1).candidates.map(\.identity) == ["p7"])
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test(
    "changes of which `.dbconfig enable_trigger off` in the sqlite3 shell hides a part are in the next answer",
    .enabled(if: Tool.sqlite3 != nil, "sqlite3 is not installed"))
  func shell() throws {
    let sqlite3 = try #require(Tool.sqlite3)
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    for (name, value) in [("Ada", 1), ("Grace", 3), ("Alan", 5)] {
      try gallery.enroll([Float(value), Float(value)], as: name)
    }
    let output = try sqlite3.run(
      [scratch.path()],
      input: """
        BEGIN;
        INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (2, 1, x'0000a0c00000a0c0');
        .dbconfig enable_trigger off
        UPDATE embedding SET vector = x'0000104100001041' WHERE id = 1;
        DELETE FROM embedding WHERE id = 3;
        .dbconfig enable_trigger on
        COMMIT;
        SELECT count(*) FROM change;
        """)
    #expect(output.hasSuffix("\n4\n"))
    #expect(try gallery.query(.vector([9, 9]), k: 1).candidates.map(\.identity) == ["Ada"])
    #expect(try gallery.query(.vector([5, 5]), k: 5, by: .embedding).candidates.count == 3)
  }

  @Test(
    "changes without a trace are in the next answer, whatever else their transaction does to the log of changes",
    arguments: [
      "DELETE FROM change", "UPDATE change SET embedding_id = 1", "UPDATE sqlite_sequence SET seq = 0",
      "UPDATE sqlite_sequence SET seq = seq + 3 WHERE name = 'change'",
      "INSERT INTO change (embedding_id, kind) VALUES (1, 'update'), (2, 'delete'), (3, 'insert')",
    ])
  func tampering(sql: String) throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try commit(hand, traced: sql) { db in
      try db.execute(sql: "DELETE FROM embedding WHERE id = 50")
      try db.execute(
        sql: "UPDATE embedding SET vector = ? WHERE id = 7", arguments: [blob(vector(-1_000))])
      try db.execute(sql: Self.insertion, arguments: [8, blob(vector(1_000))])
    }
    #expect(try gallery.query(.vector(vector(-1_000)), k: 1).candidates.map(\.identity) == ["p7"])
    #expect(try gallery.query(.vector(vector(1_000)), k: 1).candidates.map(\.identity) == ["p8"])
    #expect(try gallery.query(.vector(vector(50)), k: 2).candidates.map(\.identity) == ["p49", "p51"])
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("a copy that was changed without a trace and restored over the gallery is what the next answer is of")
  func restored() throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try hand.writeWithoutTransaction { db in
      try db.execute(sql: "VACUUM INTO ?", arguments: [scratch.path("copy.gallery")])
    }
    let copy = try otherHand(scratch.path("copy.gallery"))
    try commit(copy, traced: Self.traced) { db in
      try db.execute(sql: "DELETE FROM embedding WHERE id > 350")
      try db.execute(
        sql: "UPDATE embedding SET vector = ? WHERE id = 7", arguments: [blob(vector(-1_000))])
    }
    try copy.backup(to: hand)
    let answer = try gallery.query(.vector(vector(-1_000)), k: 1)
    #expect(answer.candidates.map(\.identity) == ["p7"])
    #expect(answer.gallerySize.embeddings == 350)
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("changes of two programs at once, with triggers off here and there, are in the next answer")
  func twoHands() throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    let other = try otherHand(scratch.path())
    for round in 1...30 {
      try commit(hand, traced: Self.traced) { db in
        try db.execute(sql: "DELETE FROM embedding WHERE id = ?", arguments: [2 * round])
      }
      try commit(other, traced: "INSERT INTO identity (name) VALUES ('other \(round)')") { db in
        try db.execute(sql: Self.insertion, arguments: [7, blob(vector(Float(1_000 + round)))])
      }
      try gallery.enroll(vector(Float(-round)), as: "own \(round)")
      let answer = try gallery.query(.vector(vector(Float(1_000 + round))), k: 1)
      #expect(answer.candidates.first?.distance == 0)
      #expect(answer.gallerySize.embeddings == 400 + round)
    }
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  // MARK: What the write-ahead log does not show

  @Test("the end of a long vector, changed without a trace, is in the answers soon after, with the gallery open")
  func endOfLongVector() throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch, dimension: 3_000)
    func move(to last: Float, _ db: Database) throws {
      var moved = vector(7, 3_000)
      moved[2_999] = last
      try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 7", arguments: [blob(moved)])
    }
    try hand.write { db in try move(to: 1_000, db) }
    #expect(try gallery.query(.vector(vector(7, 3_000)), k: 2).candidates.map(\.identity) == ["p6", "p8"])
    // SQLite writes the last page of that row, and none of its other ones.
    try commit(hand, traced: Self.traced) { db in try move(to: 1, db) }
    #expect(try gallery.query(.vector(vector(300, 3_000)), k: 1).candidates.map(\.identity) == ["p300"])
    #expect(gallery.comparisons == 0)
    // An answer that does not meet the row cannot know.
    try wait { try gallery.query(.vector(vector(7, 3_000)), k: 1).candidates.map(\.identity) == ["p7"] }
    #expect(gallery.backgroundComparisons >= 1)
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  /// Commits, and lets the write-ahead log begin anew with another commit.
  private func commitUnseen(_ hand: DatabaseQueue, traced: String, untraced: (Database) throws -> Void) throws {
    try commit(hand, traced: traced, untraced: untraced)
    try hand.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    try hand.write { db in try db.execute(sql: "UPDATE identity SET attributes = '{\"seen\": true}' WHERE id = 1") }
  }

  @Test("a vector changed without a trace by a commit that nobody saw is in the answers soon after")
  func updateUnseen() throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try commitUnseen(hand, traced: Self.traced) { db in
      try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 7", arguments: [blob(vector(1_000))])
    }
    try wait { try gallery.query(.vector(vector(1_000)), k: 1).candidates.map(\.identity) == ["p7"] }
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("an insertion and a deletion without a trace by a commit that nobody saw are in the answers soon after")
  func balancedUnseen() throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try commitUnseen(hand, traced: Self.traced) { db in
      try db.execute(sql: "DELETE FROM embedding WHERE id = 50")
      try db.execute(sql: Self.insertion, arguments: [7, blob(vector(1_000))])
    }
    try wait { try gallery.query(.vector(vector(1_000)), k: 1).candidates.map(\.identity) == ["p7"] }
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test(
    "rows inserted or deleted without a trace by a commit that nobody saw are in the next answer",
    arguments: [1, -1])
  func numberUnseen(difference: Int) throws {
    let scratch = try Scratch()
    let (gallery, hand) = try makeScene(scratch)
    try commitUnseen(hand, traced: Self.traced) { db in
      if difference > 0 {
        try db.execute(sql: Self.insertion, arguments: [7, blob(vector(1_000))])
      } else {
        try db.execute(sql: "DELETE FROM embedding WHERE id = 50")
      }
    }
    #expect(try gallery.query(.vector(vector(50)), k: 2).gallerySize.embeddings == 400 + difference)
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  /// Asks again until it is so.
  private func wait(for condition: () throws -> Bool) throws {
    for _ in 0..<600 {
      if try condition() { return }
      Thread.sleep(forTimeInterval: 0.1)
    }
    Issue.record("it did not come about")
  }

  // MARK: What it costs others

  @Test("no commit of its own makes a gallery compare rows, at once or later")
  func own() throws {
    let scratch = try Scratch()
    let (gallery, _) = try makeScene(scratch)
    for round in 0..<60 {
      try gallery.enroll(vector(Float(-round)), as: "new \(round)")
      try gallery.enroll((0..<100).map { Enrollment(identity: "many \(round)", vector: vector(Float($0))) })
      try gallery.rename("new \(round)", to: "renamed \(round)")
      try gallery.merge("renamed \(round)", into: "many \(round)")
      if round % 10 == 0 { try gallery.forget("many \(round)") }
      _ = try gallery.query(.vector(vector(7)), k: 1)
    }
    #expect(gallery.comparisons == 0)
    #expect(gallery.backgroundComparisons == 0)
    #expect(!gallery.comparisonIsDue)
  }

  @Test("another gallery that enrolls all day costs hardly a comparison", arguments: [16, 1_500])
  func otherGallery(dimension: Int) throws {
    let scratch = try Scratch()
    let (gallery, _) = try makeScene(scratch, dimension: dimension)
    let other = try Gallery(path: scratch.path(), configuration: quiet())
    for round in 0..<500 {
      try other.enroll(vector(Float(-round), dimension), as: "new \(round)")
      #expect(
        try gallery.query(.vector(vector(Float(-round), dimension)), k: 1).candidates.map(\.identity)
          == ["new \(round)"])
    }
    try other.enroll((0..<3_000).map { Enrollment(identity: "many", vector: vector(Float($0), dimension)) })
    #expect(try gallery.query(.vector(vector(7, dimension)), k: 1).gallerySize.embeddings == 3_900)
    #expect(gallery.comparisons == 0)
    #expect(gallery.backgroundComparisons <= 10)
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("comparisons in the background take 2 % of one core at most, however often they are asked for")
  func share() throws {
    var watchfulness = Watchfulness()
    // In nanoseconds, over a day; each takes between nothing and ten seconds.
    let day: UInt64 = 86_400_000_000_000
    var random = Seeded(1)
    var (now, busy): (UInt64, UInt64) = (1, 0)
    while now < day {
      let asked = watchfulness.ask(now: now)
      let start = try #require(asked)
      #expect(start >= now + Watchfulness.patience)
      watchfulness.begin()
      let duration = random.next() % 10_000_000_000
      busy += duration
      // One that is asked for meanwhile is not forgotten, and one that is seen to is not begun twice.
      #expect(watchfulness.ask(now: start + duration / 2) == nil)
      let after = watchfulness.end(began: start, now: start + duration)
      let next = try #require(after)
      #expect(next >= start + 51 * duration)
      watchfulness.begin()
      #expect(watchfulness.end(began: next, now: next) == nil)
      now = next
    }
    #expect(busy <= day / 50)
  }

  // MARK: Whatever they do

  @Test(
    "whatever others do with triggers on and off, the next answer is of the rows as they are",
    arguments: [(8, 1), (64, 2), (64, 3), (1_200, 4)])
  func anything(dimension: Int, seed: Int) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), dimension, .euclidean)
    try gallery.enroll(
      (1...2_000).map { Enrollment(identity: "p\($0 % 50)", vector: vector(Float($0), dimension)) })
    var random = Seeded(UInt64(seed))
    func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    let hand = try otherHand(scratch.path())
    for round in 0..<120 {
      let before = gallery.comparisons
      var isTraced = true
      try hand.write { db in
        for _ in 0...pick(4) {
          let id = pick(2_500)
          let value = blob(vector(Float(pick(100_000)), dimension))
          let count = [1, 1, 3, 30, 300][pick(5)]
          let kind = pick(6)
          func change() throws {
            switch kind {
            case 0:
              try db.execute(sql: "DELETE FROM embedding WHERE id BETWEEN ? AND ?", arguments: [id, id + count - 1])
            case 1:
              for _ in 0..<count { try db.execute(sql: Self.insertion, arguments: [1 + pick(50), value]) }
            case 2:
              try db.execute(
                sql: "UPDATE embedding SET vector = ? WHERE id BETWEEN ? AND ?",
                arguments: [value, id, id + min(count, 30)])
            case 3:
              try db.execute(
                sql: "REPLACE INTO embedding (id, identity_id, embedder_id, vector, attributes) VALUES (?, 1, 1, ?, ?)",
                arguments: [id, value, "{\"note\": \"\(String(repeating: "x", count: 20 * count))\"}"])
            case 4:
              try db.execute(sql: "UPDATE OR IGNORE embedding SET id = ? WHERE id = ?", arguments: [pick(2_500), id])
            default:
              try db.execute(sql: "UPDATE identity SET attributes = '{}' WHERE id = ?", arguments: [1 + pick(50)])
            }
          }
          if pick(3) == 0 {
            isTraced = false
            try withoutTriggers(db, change)
          } else {
            try change()
          }
        }
        try db.execute(sql: Self.traced)
        if pick(2) == 0 { try db.execute(sql: Self.insertion, arguments: [1, blob(vector(1, dimension))]) }
      }
      if pick(10) == 0 { try hand.write { db in try db.execute(sql: "UPDATE identity SET attributes = '{}'") } }
      let disagreements = try gallery.indexDisagreements()
      #expect(disagreements.isEmpty, "round \(round)")
      if isTraced { #expect(gallery.comparisons == before + 1, "round \(round)") }
    }
  }
}
