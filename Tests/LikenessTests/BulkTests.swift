import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite("Bulk enrolment")
struct BulkTests {
  private func rows(_ count: Int, dimension: Int, seed: UInt64, sources: Int? = nil) -> [Enrollment] {
    var random = Seeded(seed)
    return (0..<count).map { row in
      var one = Enrollment(identity: "person \(row % 37) é", vector: random.vector(dimension))
      if let sources { one.source = row % 3 == 0 ? nil : "file \(Int.random(in: 0..<sources, using: &random))" }
      if row % 5 == 0 { one.attributes = ["row": .integer(Int64(row))] }
      if row % 7 == 0 { one.quality = Double(row) / 8 }
      return one
    }
  }

  /// All that is in the tables but times.
  private func dump(_ path: String) throws -> [String] {
    try otherHand(path).read { db in
      try [
        "SELECT id, name, attributes FROM identity ORDER BY id",
        """
        SELECT id, identity_id, embedder_id, source, source_sha256, quality, attributes, hex(vector), crc32
        FROM embedding ORDER BY id
        """,
        "SELECT embedding_id, kind FROM change ORDER BY embedding_id, sequence",
        "SELECT name, seq FROM sqlite_sequence ORDER BY name",
      ].flatMap { sql in try Row.fetchAll(db, sql: sql).map(\.description) }
    }
  }

  @Test("many at once leave exactly what one by one leave: rows, ids, checksums, change log")
  func sameAsSingly() throws {
    let scratch = try Scratch()
    let enrollments = rows(700, dimension: 6, seed: 5)
    let singly = try makeGallery(scratch.path("singly"), 6) { $0.indexing = .onFirstQuery }
    for one in enrollments { try singly.enroll([one]) }
    let batch = try makeGallery(scratch.path("batch"), 6) { $0.indexing = .onFirstQuery }
    try batch.enroll(enrollments)
    let bulk = try makeGallery(scratch.path("bulk"), 6) { $0.indexing = .onFirstQuery }
    #expect(try bulk.enroll(contentsOf: enrollments, batch: 300) == 700)
    let expected = try dump(scratch.path("singly"))
    #expect(expected.count == 37 + 700 + 700 + 3)
    #expect(try dump(scratch.path("batch")) == expected)
    #expect(try dump(scratch.path("bulk")) == expected)
    let times = try otherHand(scratch.path("bulk")).read { db in
      try String.fetchAll(db, sql: "SELECT created_at FROM embedding UNION SELECT created_at FROM identity")
    }
    #expect(times.allSatisfy { $0.count == 24 && $0.hasSuffix("Z") && $0.contains("T") })
  }

  @Test("so it is when embeddings from the same source give way")
  func sameAsSinglyReplacing() throws {
    let scratch = try Scratch()
    let enrollments = rows(900, dimension: 3, seed: 6, sources: 4)
    let singly = try makeGallery(scratch.path("singly"), 3) { $0.indexing = .onFirstQuery }
    for one in enrollments { try singly.enroll([one], replacing: .sameSource) }
    let bulk = try makeGallery(scratch.path("bulk"), 3) { $0.indexing = .onFirstQuery }
    try bulk.enroll(contentsOf: enrollments, batch: 250, replacing: .sameSource)
    let expected = try dump(scratch.path("singly"))
    #expect(expected.contains { $0.contains("update") })
    #expect(try dump(scratch.path("bulk")) == expected)
  }

  @Test("a trigger that somebody added runs for every row")
  func addedTrigger() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 3) { $0.indexing = .onFirstQuery }
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: """
          CREATE TABLE audit (id INTEGER);
          CREATE TRIGGER audited AFTER INSERT ON embedding BEGIN INSERT INTO audit VALUES (NEW.id); END;
          """)
    }
    try gallery.enroll(contentsOf: rows(500, dimension: 3, seed: 1), batch: 200)
    let counts = try otherHand(scratch.path()).read { db in
      try Int.fetchAll(db, sql: "SELECT count(*) FROM audit UNION ALL SELECT count(*) FROM change")
    }
    #expect(counts == [500, 500])
  }

  @Test("a batch at fault names its row and stores nothing; those before are stored; triggers run again afterwards")
  func faultyBatch() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 3) { $0.indexing = .onFirstQuery }
    var enrollments = rows(1_000, dimension: 3, seed: 2)
    enrollments[750].vector[1] = .infinity
    let error = try #require(throws: BulkError.self) { try gallery.enroll(contentsOf: enrollments, batch: 200) }
    #expect(error.enrolled == 600)
    #expect(error.description.contains("enrolment 751 has the value inf at 1"))
    #expect(error.description.contains("the first 600 enrolments are stored"))
    #expect(try gallery.info().embeddings == 600)
    // Room runs out in the middle of a batch.
    try gallery.limitPages(1)
    #expect(throws: BulkError.self) { try gallery.enroll(contentsOf: rows(5_000, dimension: 3, seed: 3)) }
    try gallery.limitPages(1_000_000)
    #expect(try gallery.info().embeddings == 600)
    try gallery.enroll([1, 2, 3], as: "last")
    let changes = try otherHand(scratch.path()).read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM change") }
    #expect(changes == 601)
  }

  @Test("an open index follows in large pieces, past the end of the change log, and agrees with the rows")
  func indexFollows() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 4) {
      $0.exactBelow = 0
      $0.changeLogLimit = 300
    }
    let other = try Gallery(path: scratch.path(), configuration: quiet { $0.exactBelow = 0 })
    let enrollments = rows(2_000, dimension: 4, seed: 4)
    try gallery.enroll(contentsOf: enrollments, batch: 90)
    for one in [gallery, other] {
      #expect(try one.query(.vector(enrollments[1_999].vector), k: 1).candidates[0].distance == 0)
      #expect(try one.query(.vector(enrollments[0].vector), k: 1).gallerySize.embeddings == 2_000)
      one.settle()
      #expect(try one.indexDisagreements().isEmpty)
    }
  }

  @Test("65,536 values, NUL-free names of 10 kB, quotes and emoji go in and come out")
  func extremes() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 65_536)
    var random = Seeded(8)
    let name = String(repeating: "👩‍👩‍👧 \"quoted\" '", count: 300)
    let enrollments = (0..<70).map { Enrollment(identity: name, vector: random.vector(65_536), source: "\($0)") }
    #expect(try gallery.enroll(contentsOf: enrollments) == 70)
    #expect(try gallery.query(.vector(enrollments[69].vector), k: 1).candidates[0].identity == name)
    #expect(throws: BulkError.self) {
      try gallery.enroll(contentsOf: [Enrollment(identity: "a\0b", vector: enrollments[0].vector)])
    }
  }
}
