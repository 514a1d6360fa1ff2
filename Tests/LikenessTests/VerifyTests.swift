import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// Each check is made to fail, by what it is there to find.
@Suite struct VerifyTests {
  private static let names = [
    "pages", "references", "schema", "embedders", "identities", "embeddings", "checksums", "training", "index", "graph",
    "searches", "snapshot", "erasure", "log",
  ]

  /// A gallery of `count` random vectors, its scratch folder, and the vectors.
  private struct Sample {
    let scratch: Scratch
    let gallery: Gallery
    let vectors: [[Float]]

    init(_ count: Int = 300, _ metric: Metric = .euclidean, exactBelow: Int? = nil) throws {
      scratch = try Scratch()
      gallery = try makeGallery(scratch.path(), 12, metric) { $0.exactBelow = exactBelow }
      var random = Seeded(21)
      let made = (0..<count).map { _ in random.vector(12) }
      vectors = made
      try gallery.enroll(
        made.enumerated().map { Enrollment(identity: "p\($0 / 3)", vector: $1, source: "\($0).jpg") })
    }

    var path: String { scratch.path() }

    func byHand(_ sql: String) throws {
      try otherHand(path).inDatabase { db in try db.execute(sql: sql) }
    }

    /// The checks that find something wrong.
    func wrong(_ gallery: Gallery? = nil) throws -> [Verification.Check] {
      let verification = try (gallery ?? self.gallery).verify(sample: 20)
      let wrong = verification.checks.filter { $0.outcome == .wrong }
      #expect(verification.isSound == wrong.isEmpty)
      for check in wrong { #expect(!check.findings.isEmpty && check.findings.allSatisfy { !$0.mend.isEmpty }) }
      return wrong
    }
  }

  @Test("a sound gallery is proved to be, line by line", arguments: [Metric.euclidean, .cosine, .dot], [300, 3_000])
  func sound(_ metric: Metric, _ count: Int) throws {
    let sample = try Sample(count, metric, exactBelow: 500)
    let verification = try sample.gallery.verify()
    #expect(verification.isSound)
    #expect(verification.checks.map(\.name) == Self.names)
    #expect(verification.checks.allSatisfy { $0.outcome == .proved && !$0.statement.isEmpty })
    let statements = Dictionary(uniqueKeysWithValues: verification.checks.map { ($0.name, $0.statement) })
    #expect(statements["embeddings"]?.hasPrefix("\(count) embeddings sound") == true)
    #expect(statements["checksums"]?.hasPrefix("\(count) vectors have the bytes they were enrolled with") == true)
    #expect(statements["index"]?.hasPrefix("each of the \(count) sound vectors is in the index") == true)
    #expect(statements["searches"]?.hasPrefix("100 searches beside a comparison with every row") == true)
    // The same again, and from another process's point of view.
    let reopened = try Gallery(path: sample.path, configuration: quiet { $0.readOnly = true })
    #expect(try reopened.verify().contentSHA256 == verification.contentSHA256)
    try sample.gallery.enroll(sample.vectors[0], as: "new")
    #expect(try sample.gallery.verify(sample: 0).contentSHA256 != verification.contentSHA256)
  }

  @Test("what waits beside the graph is compared as the row has it", arguments: [Metric.euclidean, .cosine, .dot])
  func pending(_ metric: Metric) throws {
    let scratch = try Scratch()
    var random = Seeded(3)
    let gallery = try makeGallery(scratch.path(), 12, metric) { $0.snapshotThreshold = 100 }
    try gallery.enroll((0..<900).map { Enrollment(identity: "p\($0)", vector: random.vector(12).map { $0 * 3 }) })
    try gallery.saveSnapshot()
    try gallery.close()
    let writer = try Gallery(path: scratch.path(), configuration: quiet { $0.snapshots = .never })
    try writer.enroll([Float](repeating: 7, count: 12), as: "late")
    try writer.close()
    // It goes into the graph soon after: one of these looks before.
    for _ in 0..<5 {
      let reopened = try Gallery(path: scratch.path(), configuration: quiet { $0.readOnly = true })
      #expect(reopened.openedFromSnapshot)
      let wrong = try reopened.verify(sample: 3).checks.filter { $0.outcome == .wrong }
      #expect(wrong.isEmpty)
    }
  }

  @Test("an empty gallery is sound, and nothing is claimed of an index that is not there")
  func empty() throws {
    let scratch = try Scratch()
    let verification = try Gallery(path: scratch.path(), configuration: quiet()).verify()
    #expect(verification.isSound)
    #expect(verification.checks.first { $0.name == "index" }?.outcome == .skipped)
  }

  @Test(
    "a row that another hand damaged is found, and named",
    arguments: [
      (
        "UPDATE embedding SET vector = CAST(x'0000c07f' || substr(vector, 5) AS BLOB) WHERE id = 8", "has the value nan"
      ),
      (
        "UPDATE embedding SET vector = CAST(x'0000807f' || substr(vector, 5) AS BLOB) WHERE id = 8", "has the value inf"
      ),
      (
        "DROP TRIGGER embedding_checked_on_update; UPDATE embedding SET vector = x'00' WHERE id = 8",
        "holds 1 bytes, the embedder \"numbers\" makes 48"
      ),
      ("UPDATE embedding SET created_at = 'yesterday' WHERE id = 8", "has a created_at that is no time"),
      (
        "PRAGMA ignore_check_constraints = ON; UPDATE embedding SET attributes = '[' WHERE id = 8",
        "has attributes that are no JSON object"
      ),
      (
        "PRAGMA ignore_check_constraints = ON; UPDATE embedding SET source_sha256 = 'x' WHERE id = 8",
        "has a source_sha256 that is none"
      ),
      ("UPDATE embedding SET quality = 9e999 WHERE id = 8", "has the quality inf"),
    ])
  func damagedRow(_ sql: String, _ what: String) throws {
    let sample = try Sample()
    try sample.byHand(sql)
    let wrong = try sample.wrong()
    #expect(wrong.allSatisfy { ["pages", "schema", "embeddings"].contains($0.name) })
    let check = try #require(wrong.first { $0.name == "embeddings" })
    #expect(check.findingCount == 1)
    #expect(check.findings.first?.row == 8)
    #expect(check.findings.first?.table == "embedding")
    #expect(check.findings.first?.what.hasPrefix("embedding 8 (p2, 7.jpg) \(what)") == true, "\(check.findings)")
  }

  @Test("a vector that changed where it lies in the file is found by its checksum, whatever its value")
  func flippedBit() throws {
    let sample = try Sample()
    try sample.gallery.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: sample.path))
    let place = try #require(bytes.range(of: blob(sample.vectors[41])))
    bytes[place.lowerBound] ^= 1
    let path = try sample.scratch.write(bytes, to: "flipped.gallery")
    let gallery = try Gallery(path: path, configuration: quiet())
    let wrong = try sample.wrong(gallery)
    #expect(wrong.map(\.name) == ["checksums"])
    #expect(wrong.first?.findings.map(\.row) == [42])
  }

  @Test("a page that was overwritten is found")
  func overwrittenPage() throws {
    let sample = try Sample()
    try sample.gallery.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: sample.path))
    let page = try otherHand(sample.path).read { db in
      try Int.fetchOne(db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_identity_1'") ?? 0
    }
    for index in (page - 1) * 4_096 + 100..<(page - 1) * 4_096 + 400 { bytes[index] = 0xAA }
    let path = try sample.scratch.write(bytes, to: "damaged.gallery")
    let wrong = try sample.wrong(try Gallery(path: path, configuration: quiet()))
    #expect(wrong.contains { $0.name == "pages" })
  }

  @Test("a reference that leads nowhere is found")
  func orphan() throws {
    let sample = try Sample()
    try sample.byHand("DROP TRIGGER identity_deleted; DELETE FROM identity WHERE id = 4")
    let wrong = try sample.wrong()
    #expect(wrong.first { $0.name == "references" }?.findings.map(\.row) == [10, 11, 12])
  }

  @Test(
    "a part of the schema that was dropped or altered is found",
    arguments: [
      ("DROP TRIGGER embedding_deleted", "the trigger embedding_deleted is missing"),
      (
        """
        DROP TRIGGER embedding_inserted;
        CREATE TRIGGER embedding_inserted AFTER INSERT ON embedding BEGIN SELECT 1; END
        """, "the trigger embedding_inserted is not as schema version 4 defines it"
      ),
      ("DROP VIEW identities", "the view identities is missing"),
      ("DROP INDEX embedding_source", "the index embedding_source is missing"),
      ("ALTER TABLE identity ADD COLUMN birthday TEXT", "the table identity is not as schema version 4 defines it"),
      ("DROP TABLE import_progress", "the table import_progress is missing"),
    ])
  func schema(_ sql: String, _ what: String) throws {
    let sample = try Sample()
    try sample.byHand(sql)
    let wrong = try sample.wrong()
    #expect(wrong.map(\.name) == ["schema"])
    #expect(wrong.first?.findings.map(\.what) == [what])
  }

  @Test("tables that others added are named, and nothing is wrong with them")
  func added() throws {
    let sample = try Sample()
    try sample.byHand("CREATE TABLE diary (entry TEXT)")
    let verification = try sample.gallery.verify(sample: 5)
    #expect(verification.isSound)
    #expect(
      verification.checks.first { $0.name == "schema" }?.statement.hasSuffix("; others added: table diary") == true)
  }

  @Test("a model that is not the one its SHA-256 names is found")
  func model() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    try gallery.register(
      EmbedderSpecification(name: "m", kind: "vector", dimension: 2, metric: .dot, model: Data("model".utf8)))
    #expect(try gallery.verify().isSound)
    try otherHand(scratch.path()).inDatabase { db in try db.execute(sql: "UPDATE embedder SET model = x'00'") }
    let wrong = try gallery.verify().checks.filter { $0.outcome == .wrong }
    #expect(wrong.map(\.name) == ["embedders"])
    #expect(wrong.first?.findings.first?.what.contains("has a model whose SHA-256 is") == true)
  }

  @Test("an identity with a name that nobody can have is found")
  func identity() throws {
    let sample = try Sample()
    try sample.byHand("PRAGMA ignore_check_constraints = ON; UPDATE identity SET name = ' ' WHERE id = 3")
    #expect(try sample.wrong().first { $0.name == "identities" }?.findings.map(\.row) == [3])
  }

  @Test("training rows that cannot be read are found")
  func training() throws {
    let sample = try Sample()
    try sample.byHand(
      "PRAGMA ignore_check_constraints = ON; INSERT INTO training_run (recipe, configuration) VALUES ('faces', '{')")
    #expect(try sample.wrong().map(\.name) == ["pages", "training"])
  }

  @Test("rows that changed or went without a word in the change log are compared before anything is said of the index")
  func behindTheBack() throws {
    let sample = try Sample()
    let changed = [Float](repeating: 3, count: 12)
    try otherHand(sample.path).inDatabase { db in
      try db.execute(sql: "UPDATE embedding SET vector = ? WHERE id = 42", arguments: [blob(changed)])
      try db.execute(sql: "DELETE FROM embedding WHERE id = 43")
      try db.execute(
        sql: "DELETE FROM change WHERE sequence > 300; UPDATE sqlite_sequence SET seq = 300 WHERE name = 'change'")
    }
    #expect(try sample.wrong().isEmpty)
    #expect(try sample.gallery.query(.vector(changed), k: 1, by: .embedding).candidates.first?.embedding.rawValue == 42)
    #expect(try sample.gallery.info().searchable == 299)
  }

  @Test("a snapshot of the index that was torn, flipped or is another's is found, and dropped by the doctor")
  func snapshot() throws {
    let sample = try Sample(600, exactBelow: 100)
    #expect(try sample.gallery.saveSnapshot())
    let proved = try sample.gallery.verify(sample: 5)
    #expect(proved.isSound)
    #expect(proved.checks.first { $0.name == "snapshot" }?.statement.contains("holds the graph of 600 vectors") == true)
    try sample.gallery.close()
    let file = sample.path + "-index"
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    for damage in 0..<3 {
      var bytes = whole
      switch damage {
      case 0: bytes = whole.prefix(whole.count / 2)
      case 1: bytes[whole.count / 2] ^= 1
      default: bytes[8] = 9  // the version
      }
      try bytes.write(to: URL(fileURLWithPath: file))
      let gallery = try Gallery(path: sample.path, configuration: quiet { $0.snapshots = .never })
      #expect(try sample.wrong(gallery).map(\.name) == ["snapshot"], "damage \(damage)")
      try gallery.close()
      let mended = try Gallery.diagnose(path: sample.path, configuration: quiet { $0.snapshots = .never }, fixing: true)
      #expect(mended.isHealthy)
      #expect(mended.mended == ["the index snapshot, which was of no use, is gone: opening makes another"])
      #expect(!FileManager.default.fileExists(atPath: file))
    }
  }

  @Test(
    "an index that lacks a vector, has another, or has broken links is found", arguments: [Metric.euclidean, .cosine])
  func damagedIndex(_ metric: Metric) throws {
    let missing = try Sample(1_000, metric, exactBelow: 100)
    try missing.gallery.damageIndex(.missing(EmbeddingID(7)))
    #expect(try missing.wrong().contains { $0.name == "index" && $0.findings.first?.row == 7 })
    // What was found is looked for in the rows by the next query, and counted anew by rebuilding.
    let nearest = try missing.gallery.query(.vector(missing.vectors[6]), k: 1, by: .embedding).candidates.first
    #expect(nearest?.embedding.rawValue == 7)
    try missing.gallery.rebuild(sample: 0)
    #expect(try missing.wrong().isEmpty)

    let other = try Sample(1_000, metric, exactBelow: 100)
    for id in 1...900 {
      try other.gallery.damageIndex(.other(EmbeddingID(Int64(id)), other.vectors[(id + 50) % 1_000]))
    }
    let wrong = try other.wrong()
    #expect(wrong.map(\.name) == ["index", "searches"])
    #expect(wrong.first?.findingCount == 900)
    #expect(wrong.first?.findings.count == 100)

    let broken = try Sample(1_000, metric, exactBelow: 100)
    try broken.gallery.damageIndex(.miscounted(EmbeddingID(7)))
    #expect(try broken.wrong().map(\.name) == ["graph"])
    let report = try broken.gallery.rebuild()
    #expect(report.embeddings == 1_000)
    #expect(report.recall ?? 0 > 0.9)
    #expect(try broken.wrong().isEmpty)
  }

  @Test("vectors that are hard to tell apart are no fault of the index: it says how to find more of them")
  func hardVectors() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 256) { ($0.exactBelow, $0.ef) = (100, 10) }
    var random = Seeded(3)
    try gallery.enroll((0..<8_000).map { Enrollment(identity: "p\($0)", vector: random.vector(256)) })
    let verification = try gallery.verify(sample: 40)
    #expect(verification.isSound)
    let searches = verification.checks.first { $0.name == "searches" }
    #expect(searches?.statement.contains("--recall 0.95") == true, "\(searches?.statement ?? "")")
  }

  @Test("an erasure that a reader keeps from ending is found")
  func erasure() throws {
    let sample = try Sample()
    let gallery = try Gallery(path: sample.path, configuration: quiet { $0.busyTimeout = 0.01 })
    try otherHand(sample.path).inDatabase { db in
      try db.execute(sql: "BEGIN")
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM embedding")
      #expect(try gallery.forget("p0").erasure == .pending)
      let wrong = try sample.wrong(gallery)
      #expect(wrong.map(\.name) == ["erasure"])
      // Who looks is reading too, and not in the way.
      #expect(wrong.first?.findings.first?.mend.hasPrefix("likeness doctor \(sample.path) --fix") == true)
      #expect(wrong.first?.findings.first?.isFixable == true)
      try db.execute(sql: "COMMIT")
    }
    try gallery.enroll(sample.vectors[0], as: "new")
    #expect(try sample.wrong(gallery).isEmpty)
  }

  @Test("a change log that went past its counter is found")
  func changeLog() throws {
    let sample = try Sample()
    try sample.byHand("UPDATE sqlite_sequence SET seq = 17 WHERE name = 'change'")
    #expect(try sample.wrong().contains { $0.name == "log" })
  }

  @Test("a vector of another hand without a checksum is counted, a change by hand takes the checksum away")
  func otherHands() throws {
    let sample = try Sample()
    try sample.byHand("UPDATE embedding SET vector = zeroblob(48) WHERE id = 1")
    let statement = try sample.gallery.verify(sample: 5).checks.first { $0.name == "checksums" }?.statement
    #expect(statement?.contains("299 vectors have the bytes they were enrolled with (CRC-32); 1 came without") == true)
    #expect(try sample.gallery.compact().checksumsGiven == 1)
    #expect(try sample.gallery.verify(sample: 5).isSound)
  }

  @Test("the checksum is the one that Python's zlib computes", .enabled(if: Tool.python3 != nil, "python3 is missing"))
  func zlib() throws {
    let sample = try Sample(50)
    let script = """
      import sqlite3, sys, zlib
      rows = sqlite3.connect(sys.argv[1]).execute("SELECT vector, crc32 FROM embedding").fetchall()
      print(len(rows), sum(zlib.crc32(vector) == crc for vector, crc in rows))
      """
    #expect(try Tool.python3?.run(["-c", script, sample.path]) == "50 50\n")
  }

  @Test("verifying changes nothing and stops nobody")
  func harmless() async throws {
    let sample = try Sample(2_000)
    let path = sample.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      let gallery = sample.gallery
      for _ in 0..<2 {
        group.addTask {
          let verification = try gallery.verify(sample: 5)
          #expect(verification.isSound)
        }
      }
      group.addTask {
        let other = try Gallery(path: path, configuration: quiet())
        var random = Seeded(3)
        for round in 0..<60 {
          try other.enroll(random.vector(12), as: "w\(round)")
          if round % 7 == 0 { try other.forget("w\(round)") }
        }
      }
      try await group.waitForAll()
    }
    #expect(try sample.wrong().isEmpty)
  }
}
