import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// What is rare, and allowed.
@Suite struct LimitsTests {
  @Test(
    "vectors whose distances float32 cannot tell from zero are refused, found in rows, and their neighbours are exact",
    arguments: [Metric.euclidean, .dot])
  func tinyVectors(metric: Metric) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 8, metric)
    var random = Seeded(9)
    let vectors = (0..<500).map { _ in random.vector(8) }
    func scaled(_ vector: [Float], _ factor: Float) -> [Float] { vector.map { $0 * factor } }
    #expect { try gallery.enroll(scaled(vectors[0], 1e-24), as: "tiny") } throws: {
      "\($0)".contains("too small for float32 distances to tell from zero")
    }
    // The smallest that are taken.
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0)", vector: scaled($1, 1e-14)) })
    for (i, vector) in vectors.enumerated() {
      let probe = scaled(vector, 1e-14)
      let nearest = try gallery.query(.vector(probe), k: 3).candidates.map(\.identity)
      let truth = vectors.indices.sorted {
        reference(metric, vector, vectors[$0]) < reference(metric, vector, vectors[$1])
      }
      #expect(nearest == truth.prefix(3).map { "p\($0)" }, "probe \(i)")
    }
    #expect(throws: GalleryError.self) { try gallery.query(.vector(scaled(vectors[0], 1e-24)), k: 1) }
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 4", arguments: [blob(scaled(vectors[3], 1e-24))])
    }
    let verification = try gallery.verify()
    let findings = verification.checks.flatMap(\.findings)
    #expect(findings.map(\.row) == [4])
    #expect(findings.first?.what.contains("too small for float32 distances") == true)
  }

  @Test("names with quotes, emoji, right-to-left marks, newlines and 10 kB go the whole way")
  func names() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 4)
    let names = [
      "O'Brien", "\"quoted\"", "semi;colon -- comment", "👩🏽‍🚀", "\u{202E}reversed", "two\nlines", "tab\there", "%_[]*?",
      String(repeating: "Ж", count: 5_000), "null", "NaN", "1", "-0", " padded ", "\u{0}".replacing("\u{0}", with: "␀"),
    ]
    var random = Seeded(81)
    let rows = names.map { Enrollment(identity: $0, vector: random.vector(4), source: "bilder/\($0)") }
    try gallery.enroll(rows)
    try gallery.recordTraining(TrainingStart(recipe: "pca", identities: names))
    #expect(try gallery.verify().isSound)
    try gallery.backup(to: scratch.path("copy"))
    try gallery.compact()
    for row in rows {
      #expect(try gallery.query(.vector(row.vector), k: 1).candidates.first?.identity == row.identity)
      let receipt = try gallery.forget(row.identity)
      #expect(receipt.identity == row.identity)
      #expect(receipt.sources == ["bilder/\(row.identity)"])
      #expect(receipt.trainingSets == 1)
      #expect(receipt.copies.map(\.state) == [.holds])
    }
    #expect(try traces(of: rows.map(\.vector), in: [scratch.path(), scratch.path() + "-wal"]) == 0)
    #expect(try gallery.verify().isSound)
  }

  @Test("a name with a NUL is refused at the door, and found where another hand wrote it")
  func nul() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    #expect(throws: GalleryError.self) { try gallery.enroll([1], as: "a\0b") }
    try gallery.enroll([1], as: "Ada")
    try otherHand(scratch.path()).inDatabase { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON; UPDATE identity SET name = 'a' || char(0) || 'b'")
    }
    let finding = try gallery.verify().checks.first { $0.name == "identities" }?.findings.first
    #expect(finding?.what.contains("has a NUL in its name") == true)
  }

  @Test("vectors of 65,536 values are verified, copied, compacted and forgotten like any others")
  func wide() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 65_536)
    var random = Seeded(82)
    let vectors = (0..<6).map { _ in random.vector(65_536) }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0 % 3)", vector: $1) })
    #expect(try gallery.verify(sample: 3).isSound)
    #expect(try gallery.backup(to: scratch.path("copy")).embeddings == 6)
    try gallery.forget("p1")
    #expect(try gallery.compact().bytesFreed > 0)
    #expect(try traces(of: [vectors[1], vectors[4]], in: [scratch.path(), scratch.path() + "-wal"]) == 0)
    #expect(try gallery.query(.vector(vectors[5]), k: 1).candidates.first?.identity == "p2")
    #expect(try gallery.verify(sample: 3).isSound)
  }

  @Test("ids around 2³¹ and 2³², the first of all, and the last but one are ids like any others")
  func ids() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 4) { $0.exactBelow = 2 }
    var random = Seeded(83)
    let ids: [Int64] = [
      .min, .min + 1, -1, 1, Int64(Int32.max), Int64(Int32.max) + 1, Int64(UInt32.max), Int64(UInt32.max) + 1, .max - 1,
    ]
    let vectors = ids.map { _ in random.vector(4) }
    try gallery.enroll([0.5, 0.5, 0.5, 0.5], as: "first")
    try otherHand(scratch.path()).write { db in
      for (id, vector) in zip(ids, vectors) where id != 1 {
        try db.execute(sql: "INSERT INTO identity (id, name) VALUES (?, ?)", arguments: [id, "p\(id)"])
        try db.execute(
          sql: "INSERT INTO embedding (id, identity_id, embedder_id, vector) VALUES (?, ?, 1, ?)",
          arguments: [id, id, blob(vector)])
      }
    }
    func check(_ gallery: Gallery) throws {
      for (id, vector) in zip(ids, vectors) where id != 1 {
        let candidate = try gallery.query(.vector(vector), k: 1).candidates.first
        #expect(candidate?.embedding.rawValue == id)
        #expect(candidate?.identity == "p\(id)")
      }
      let wrong = try gallery.verify().checks.filter { $0.outcome == .wrong }
      #expect(wrong.isEmpty, "\(wrong)")
    }
    try check(gallery)
    try check(try Gallery(path: scratch.path(), configuration: quiet { $0.exactBelow = 2 }))
    try gallery.compact()
    try check(gallery)
    #expect(try Gallery(path: scratch.path(), configuration: quiet { $0.snapshots = .never }).info().searchable == 9)
    #expect(try gallery.forget("p\(Int64.min)").erasure == .complete)
    #expect(try gallery.verify().isSound)
  }

  @Test(
    "where another hand gave a row the last id there is, that is said, not that the disk is full, and doctor mends it",
    arguments: [Int64.max, 1_000])
  func lastID(insertedAs id: Int64) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 4)
    var random = Seeded(84)
    let (first, last) = (random.vector(4), random.vector(4))
    try gallery.enroll(first, as: "first")
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "INSERT INTO identity (id, name) VALUES (\(id), 'last')")
      try db.execute(
        sql: "INSERT INTO embedding (id, identity_id, embedder_id, vector) VALUES (\(id), \(id), 1, ?)",
        arguments: [blob(last)])
      try db.execute(
        sql: """
          UPDATE identity SET id = \(Int64.max) WHERE id = \(id);
          UPDATE embedding SET id = \(Int64.max), identity_id = \(Int64.max) WHERE id = \(id)
          """)
    }
    #expect(try gallery.query(.vector(last), k: 1).candidates.first?.embedding.rawValue == .max)
    #expect(throws: GalleryError.idsUsedUp(path: scratch.path(), table: "embedding")) {
      try gallery.enroll(first, as: "first")
    }
    #expect(throws: GalleryError.idsUsedUp(path: scratch.path(), table: "embedding")) {
      try gallery.enroll(first, as: "new")
    }
    let outcomes = try gallery.enrollTogether([
      [Enrollment(identity: "first", vector: first)], [Enrollment(identity: "new", vector: first)],
    ])
    for outcome in outcomes { #expect(throws: GalleryError.self) { try outcome.get() } }
    #expect(try gallery.identities().map(\.name) == ["first", "last"])
    let wrong = try gallery.verify().checks.filter { $0.outcome == .wrong }
    #expect(wrong.map(\.name) == ["identities", "embeddings"])
    #expect(wrong.allSatisfy { $0.findings.map(\.row) == [.max] && $0.findings[0].mend.contains("doctor") })

    let diagnosis = try Gallery.diagnose(path: scratch.path(), configuration: quiet(), fixing: true)
    #expect(diagnosis.isHealthy)
    #expect(diagnosis.mended.count { $0.contains("after which no more could be stored") } == 2)
    let answer = try gallery.query(.vector(last), k: 1).candidates.first
    #expect(answer?.identity == "last")
    #expect(answer?.embedding.rawValue == (id == .max ? 2 : 1_001))
    #expect(try gallery.enroll(first, as: "new").rawValue == (id == .max ? 3 : 1_002))
    #expect(try gallery.verify().isSound)
  }

  @Test("where another hand used up the numbers of the change log, that is said, and doctor mends it")
  func lastChange() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE sqlite_sequence SET seq = \(Int64.max) WHERE name = 'change'")
    }
    #expect(throws: GalleryError.idsUsedUp(path: scratch.path(), table: "change")) {
      try gallery.enroll([2], as: "Ada")
    }
    #expect(try gallery.verify().checks.filter { $0.outcome == .wrong }.map(\.name) == ["log"])
    #expect(try Gallery.diagnose(path: scratch.path(), configuration: quiet(), fixing: true).isHealthy)
    try gallery.enroll([2], as: "Ada")
    #expect(try gallery.query(.vector([2]), k: 1).candidates.map(\.distance) == [0])
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("a clock that goes back is no reason for anything to be lost, reordered or refused")
  func clock() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    let ids = try (0..<5).map { try gallery.enroll([Float($0), 1], as: "Ada") }
    try otherHand(scratch.path()).write { db in
      for (place, id) in ids.enumerated() {
        try db.execute(
          sql: "UPDATE embedding SET created_at = ? WHERE id = ?",
          arguments: ["20\(30 - place)-01-01T00:00:00.000Z", id.rawValue])
      }
      try db.execute(sql: "UPDATE identity SET created_at = '2099-12-31T23:59:59.999Z'")
    }
    #expect(try gallery.embeddings(of: "Ada").map(\.id) == ids)
    let next = try gallery.enroll([7, 7], as: "Ada")
    #expect(try #require(ids.last) < next)
    #expect(try gallery.query(.vector([7, 7]), k: 1).candidates.first?.embedding == next)
    #expect(try gallery.verify().isSound)
    #expect(try gallery.backup(to: scratch.path("copy")).embeddings == 6)
    #expect(try gallery.forget("Ada").embeddings == 6)
  }
}
