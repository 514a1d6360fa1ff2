import Foundation
import GRDB
import Likeness
import Testing

@Suite struct OtherHandsTests {
  @Test(
    "rows that sqlite3 writes and deletes are in the next answer",
    .enabled(if: Tool.sqlite3 != nil, "sqlite3 is not installed"))
  func sqliteShell() throws {
    let sqlite3 = try #require(Tool.sqlite3)
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([1, 1], as: "Ada")
    try sqlite3.run(
      [scratch.path()],
      input: """
        INSERT INTO identity (name) VALUES ('Grace');
        INSERT INTO embedding (identity_id, embedder_id, source, vector)
        SELECT id, 1, 'by hand', x'0000004000000040' FROM identity WHERE name = 'Grace';
        """)
    let answer = try gallery.query(.vector([2, 2]), k: 1)
    #expect(answer.candidates.map(\.identity) == ["Grace"])
    #expect(answer.candidates.map(\.source) == ["by hand"])
    try sqlite3.run([scratch.path()], input: "DELETE FROM identity WHERE name = 'Grace';")
    #expect(try gallery.query(.vector([2, 2]), k: 5).candidates.map(\.identity) == ["Ada"])
    try sqlite3.run([scratch.path()], input: "UPDATE embedding SET vector = x'0000804000008040';")
    #expect(try gallery.query(.vector([4, 4]), k: 5).candidates.map(\.distance) == [0])
  }

  @Test(
    "rows that Python writes are in the next answer, and its numpy-style bytes are the vector",
    .enabled(if: Tool.python3 != nil, "python3 is not installed"))
  func python() throws {
    let python3 = try #require(Tool.python3)
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 3, .cosine)
    try gallery.enroll([1, 0, 0], as: "Ada")
    let output = try python3.run([
      "-c",
      """
      import sqlite3, struct, sys
      db = sqlite3.connect(sys.argv[1])
      print(struct.unpack('<3f', db.execute('SELECT vector FROM embedding').fetchone()[0]))
      with db:
          for n in range(500):
              db.execute('INSERT INTO identity (name) VALUES (?)', (f'p{n}',))
              db.execute('INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (last_insert_rowid(), 1, ?)',
                         (struct.pack('<3f', -1, n / 100, 1),))
      """,
      scratch.path(),
    ])
    #expect(output == "(1.0, 0.0, 0.0)\n")
    let answer = try gallery.query(.vector([-1, 2.5, 1]), k: 1)
    #expect(answer.candidates.map(\.identity) == ["p250"])
    #expect(answer.gallerySize == .init(identities: 501, embeddings: 501))
  }

  @Test("two open galleries see each other's commits at once, in both directions")
  func twoGalleries() throws {
    let scratch = try Scratch()
    let one = try makeGallery(scratch.path(), 1)
    let two = try Gallery(path: scratch.path())
    for round in 0..<30 {
      let (writer, reader) = round % 2 == 0 ? (one, two) : (two, one)
      let id = try writer.enroll([Float(round)], as: "p\(round)")
      #expect(try reader.query(.vector([Float(round)])).candidates.first?.embedding == id)
      if round % 3 == 0 {
        try reader.forget("p\(round)")
        #expect(try writer.query(.vector([Float(round)])).candidates.first?.embedding != id)
      }
    }
  }

  @Test("an embedder that another process registers is the embedder of this one")
  func embedderFromElsewhere() throws {
    let scratch = try Scratch()
    let early = try Gallery(path: scratch.path())
    #expect(throws: GalleryError.self) { try early.query(.vector([1])) }
    let other = try makeGallery(scratch.path(), 1)
    try other.enroll([1], as: "Ada")
    #expect(try early.query(.vector([1])).candidates.map(\.identity) == ["Ada"])
  }

  @Test("a rolled back transaction of another hand leaves no trace")
  func rollback() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    let hand = try otherHand(scratch.path())
    try hand.inDatabase { db in
      try db.execute(sql: "BEGIN; DELETE FROM identity")
      // Neither before the end of that transaction nor after it.
      #expect(try gallery.query(.vector([1])).candidates.count == 1)
      try db.execute(sql: "ROLLBACK")
    }
    #expect(try gallery.query(.vector([1])).candidates.count == 1)
    try gallery.enroll([2], as: "Grace")
    #expect(try gallery.query(.vector([1])).candidates.count == 2)
  }

  @Test(
    "whatever another hand does to the change log or its triggers, answers follow the rows",
    arguments: [
      "DELETE FROM change",
      "DELETE FROM sqlite_sequence WHERE name = 'change'; DELETE FROM change",
      "DROP TRIGGER embedding_inserted; DROP TRIGGER embedding_updated; DROP TRIGGER embedding_deleted",
      "UPDATE sqlite_sequence SET seq = seq + 1000 WHERE name = 'change'",
      "UPDATE change SET embedding_id = 1",
      "VACUUM",
    ])
  func tampering(sql: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll((0..<50).map { Enrollment(identity: "p\($0)", vector: [Float($0)]) })
    #expect(try gallery.query(.vector([7])).candidates[0].identity == "p7")
    let hand = try otherHand(scratch.path())
    try hand.writeWithoutTransaction { db in
      try db.execute(sql: sql)
      try db.execute(sql: "UPDATE embedding SET vector = x'00007a44' WHERE id = 8")  // 1000
      try db.execute(sql: "DELETE FROM embedding WHERE id = 10")
      try db.execute(
        sql: "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (1, 1, x'000048c2')")  // -50
    }
    #expect(try gallery.query(.vector([1_000]), k: 1).candidates[0].identity == "p7")
    #expect(try gallery.query(.vector([9]), k: 2).candidates.map(\.identity) == ["p8", "p10"])
    #expect(try gallery.query(.vector([-49]), k: 1).candidates[0].distance == 1)
    #expect(try gallery.query(.vector([0])).gallerySize.embeddings == 50)
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("without any trace in the log, a row that an answer meets otherwise than the index has it is answered as it is")
  func silentChanges() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll((0..<50).map { Enrollment(identity: "p\($0)", vector: [Float($0)]) })
    let hand = try otherHand(scratch.path())
    // As after `.dbconfig enable_trigger off` in the sqlite3 shell.
    try hand.writeWithoutTransaction { db in
      try db.execute(sql: "DELETE FROM embedding WHERE id = 10")
      try db.execute(sql: "UPDATE embedding SET vector = x'00007a44' WHERE id = 8")
      try db.execute(sql: "DELETE FROM change WHERE sequence > 50")
      try db.execute(sql: "UPDATE sqlite_sequence SET seq = 50 WHERE name = 'change'")
    }
    #expect(try gallery.query(.vector([9]), k: 2).candidates.map(\.identity) == ["p8", "p10"])
    #expect(try gallery.query(.vector([7]), k: 2).candidates.map(\.identity) == ["p6", "p8"])
  }

  /// What another hand does with triggers switched off.
  private static let untraced = """
    UPDATE embedding SET vector = x'00007a44' WHERE id = 8;  -- 1000
    DELETE FROM embedding WHERE id = 10;
    DELETE FROM change WHERE sequence > 50;
    UPDATE sqlite_sequence SET seq = 50 WHERE name = 'change';
    """

  // From 400 on the write-ahead log begins anew in between.
  @Test(
    "a change without a trace in the log is in the next answer, however many with one follow it",
    arguments: [1, 2, 400])
  func untracedThenTraced(count: Int) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll((0..<50).map { Enrollment(identity: "p\($0)", vector: [Float($0)]) })
    #expect(try gallery.query(.vector([1_000]), k: 1).candidates[0].identity == "p49")
    let other = try Gallery(path: scratch.path(), configuration: quiet())
    let hand = try otherHand(scratch.path())
    try hand.write { db in try db.execute(sql: Self.untraced) }
    for n in 0..<count { try other.enroll([-Float(n)], as: "new \(n)") }
    #expect(try gallery.query(.vector([1_000]), k: 1).candidates[0].identity == "p7")
    #expect(try gallery.query(.vector([9]), k: 2).candidates.map(\.identity) == ["p8", "p10"])
    #expect(try gallery.query(.vector([0])).gallerySize.embeddings == 49 + count)
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("a change without a trace is in the next answer, also when this process writes next")
  func untracedThenOwn() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll((0..<50).map { Enrollment(identity: "p\($0)", vector: [Float($0)]) })
    try otherHand(scratch.path()).write { db in try db.execute(sql: Self.untraced) }
    try gallery.enroll([-1], as: "new")
    #expect(try gallery.query(.vector([1_000]), k: 1).candidates[0].identity == "p7")
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test(
    "a row inserted with triggers switched off in the sqlite3 shell is in the next answer",
    .enabled(if: Tool.sqlite3 != nil, "sqlite3 is not installed"))
  func shellWithoutTriggers() throws {
    let sqlite3 = try #require(Tool.sqlite3)
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([1, 1], as: "Ada")
    try gallery.enroll([3, 3], as: "Grace")
    #expect(try gallery.query(.vector([9, 9]), k: 1).candidates.map(\.identity) == ["Grace"])
    let output = try sqlite3.run(
      [scratch.path()],
      input: """
        .dbconfig enable_trigger off
        INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (1, 1, x'0000104100001041');
        .dbconfig enable_trigger on
        INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (2, 1, x'0000a0c00000a0c0');
        SELECT count(*) FROM change;
        """)
    #expect(output.hasSuffix("\n3\n"))
    #expect(try gallery.query(.vector([9, 9]), k: 1).candidates.map(\.identity) == ["Ada"])
    #expect(try gallery.query(.vector([-5, -5]), k: 1).candidates.map(\.identity) == ["Grace"])
  }

  @Test("no commit that says in the log what it changed, or changes no embedding, costs a comparison of all rows")
  func comparisons() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll((0..<500).map { Enrollment(identity: "p\($0)", vector: [Float($0)]) })
    let other = try Gallery(path: scratch.path(), configuration: quiet())
    let hand = try otherHand(scratch.path())
    func ask() throws {
      for each in [gallery, other] { _ = try each.query(.vector([3]), k: 1) }
    }
    try ask()
    let before = (gallery.comparisons, other.comparisons)
    for round in 0..<40 {
      try other.enroll([Float(-round)], as: "other \(round)")
      try gallery.enroll([Float(-round)], as: "own \(round)")
      try ask()
      try other.rename("p\(round)", to: "q\(round)")
      try gallery.setAttributes(["round": .number(Double(round))], of: "q\(round)")
      try other.forget("other \(round)")
      try gallery.forget("own \(round)")
      try ask()
      try hand.write { db in
        try db.execute(sql: "UPDATE embedding SET vector = x'0000c8c1' WHERE id = \(round + 1)")
        try db.execute(sql: "UPDATE identity SET attributes = '{\"a\": 1}' WHERE id = \(round + 1)")
      }
      try hand.write { db in try db.execute(sql: "DELETE FROM embedding WHERE id = \(round + 100)") }
      try hand.write { db in try db.execute(sql: "UPDATE identity SET attributes = '{}' WHERE id = \(round + 1)") }
    }
    try ask()
    #expect((gallery.comparisons, other.comparisons) == before)
    #expect(try gallery.indexDisagreements().isEmpty)
    #expect(try other.indexDisagreements().isEmpty)
  }

  @Test("triggers that another hand dropped are back after the gallery was opened for writing")
  func triggersComeBack() throws {
    let scratch = try Scratch()
    try makeGallery(scratch.path(), 1).enroll([1], as: "Ada")
    let hand = try otherHand(scratch.path())
    let names = "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name"
    let before = try hand.read { db in try String.fetchAll(db, sql: names) }
    try hand.write { db in
      try db.execute(sql: "DROP TRIGGER embedding_deleted; DROP TRIGGER identity_deleted")
    }
    let gallery = try Gallery(path: scratch.path())
    #expect(try hand.read { db in try String.fetchAll(db, sql: names) } == before)
    #expect(try gallery.query(.vector([1]), k: 1).note == nil)
  }

  @Test("an embedding whose identity vanished without a cascade is left out, and the next one takes its place")
  func orphans() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    for (name, value) in [("Ada", 1), ("Grace", 2), ("Alan", 3)] { try gallery.enroll([Float(value)], as: name) }
    let hand = try otherHand(scratch.path())
    try hand.write { db in
      try db.execute(sql: "DROP TRIGGER identity_deleted; DELETE FROM identity WHERE name = 'Ada'")
    }
    for grouping in CandidateGrouping.allCases {
      let answer = try gallery.query(.vector([0]), k: 2, by: grouping)
      #expect(answer.candidates.map(\.identity) == ["Grace", "Alan"])
      #expect(answer.note?.contains("1 embedding without an identity left out") == true)
    }
  }

  @Test("the schema refuses a vector of the wrong length, an unknown identity and a changed embedder, with a sentence")
  func schemaRefuses() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    let hand = try otherHand(scratch.path())
    func refusal(_ sql: String) throws -> String {
      try #require(throws: DatabaseError.self) { try hand.write { db in try db.execute(sql: sql) } }.message ?? ""
    }
    let insert = "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES"
    #expect(try refusal("\(insert) (1, 1, x'0000')").contains("must have 4 x dimension bytes"))
    #expect(try refusal("\(insert) (9, 1, x'00000000')").contains("names no identity"))
    #expect(try refusal("\(insert) (1, 9, x'00000000')").contains("names no embedder"))
    #expect(try refusal("\(insert) (1, 1, 'text')").contains("cannot store TEXT value in BLOB column"))
    #expect(try refusal("UPDATE embedding SET vector = x''").contains("must have 4 x dimension bytes"))
    #expect(try refusal("UPDATE embedder SET dimension = 2").contains("this embedder has embeddings"))
    #expect(try refusal("DELETE FROM embedder").contains("this embedder has embeddings"))
    #expect(try refusal("INSERT INTO identity (name) VALUES (' ')").contains("a name has letters"))
    #expect(try refusal("INSERT INTO identity (name) VALUES ('x' || char(0))").contains("no NUL"))
    #expect(try refusal("UPDATE identity SET attributes = '[]'").contains("attributes are a JSON object"))
    #expect(
      try refusal("INSERT INTO embedder (name, kind, dimension, metric) VALUES ('a', 'b', 0, 'dot')").contains(
        "1 to 65536"))
    #expect(
      try refusal("INSERT INTO embedder (name, kind, dimension, metric) VALUES ('a', 'b', 1, 'l1')").contains(
        "a metric is"))
    #expect(try gallery.query(.vector([1])).candidates.count == 1)
  }
}
