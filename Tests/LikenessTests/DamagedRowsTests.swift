import Foundation
import GRDB
import Likeness
import Logging
import Synchronization
import Testing

/// Keeps what was logged.
final class LogKeeper: Sendable {
  let lines = Mutex<[String]>([])

  func logger() -> Logger {
    Logger(label: "test") { _ in Handler(keeper: self) }
  }

  struct Handler: LogHandler {
    let keeper: LogKeeper
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    subscript(metadataKey key: String) -> Logger.MetadataValue? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      keeper.lines.withLock { $0.append("\(event.message)") }
    }
  }
}

@Suite struct DamagedRowsTests {
  /// A cosine gallery of two sound rows, and four that another hand damaged.
  private func damage(_ path: String) throws {
    let hand = try otherHand(path)
    try hand.write { db in
      try db.execute(sql: "DROP TRIGGER embedding_checked_on_insert")
      for vector in ["x'0000c07f00000000'", "x'0000807f00000000'", "x'0000000000000080'", "x'000000'"] {
        try db.execute(sql: "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (1, 1, \(vector))")
      }
    }
  }

  @Test("a candidate whose vector is not the one of its checksum is answered as its row is, and named")
  func otherBytes() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    for n in 1...4 { try gallery.enroll([Float(n), 0], as: "p\(n)") }
    #expect(try gallery.query(.vector([0, 0]), k: 2).note == nil)
    // A flipped bit, and a vector of another hand that has no checksum.
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: """
          DROP TRIGGER embedding_unchecked;
          UPDATE embedding SET vector = x'0000c03f00000000' WHERE id = 1;
          UPDATE embedding SET vector = x'0000004000000000', crc32 = NULL WHERE id = 2;
          """)
    }
    let answer = try gallery.query(.vector([0, 0]), k: 2)
    #expect(answer.candidates.map(\.distance) == [1.5, 2])
    #expect(answer.note?.contains("the vector of embedding 1 changed since enrolment without a new checksum") == true)
    #expect(try gallery.query(.vector([9, 0]), k: 2).note?.contains("checksum") != true)
    let wrong = try gallery.verify().checks.first { $0.name == "checksums" }
    #expect(wrong?.findings.map(\.row) == [1])
  }

  @Test("damaged rows are left out and reported, and stop nothing", arguments: [true, false])
  func leftOut(whileOpen: Bool) throws {
    let scratch = try Scratch()
    let keeper = LogKeeper()
    var gallery = try makeGallery(scratch.path(), 2, .cosine) { $0.logger = keeper.logger() }
    try gallery.enroll([1, 0], as: "Ada")
    try gallery.enroll([0, 1], as: "Grace")
    try damage(scratch.path())
    if !whileOpen {
      try gallery.close()
      gallery = try Gallery(path: scratch.path(), configuration: quiet { $0.logger = keeper.logger() })
    }
    let answer = try gallery.query(.vector([1, 0.1]), k: 5, by: .embedding)
    #expect(answer.candidates.map(\.identity) == ["Ada", "Grace"])
    #expect(answer.gallerySize == .init(identities: 2, embeddings: 2))
    #expect(answer.note?.contains("4 damaged embeddings were left out, see info") == true)
    let info = try gallery.info()
    #expect(info.embeddings == 6)
    #expect(info.searchable == 2)
    #expect(info.leftOutCount == 4)
    #expect(
      info.leftOut.map(\.reason) == [
        "has the value nan at 0", "has the value inf at 0", "has length zero under the cosine metric",
        "holds 3 bytes, the embedder \"numbers\" makes 8",
      ])
    #expect(info.leftOut.map(\.embedding.rawValue) == [3, 4, 5, 6])
    _ = try gallery.query(.vector([1, 0]))
    let lines = keeper.lines.withLock { $0.filter { $0.contains("left out") } }
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("4 damaged embeddings were left out: 3 has the value nan at 0; ") == true)

    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE embedding SET vector = x'0000803f0000803f' WHERE id = 3")
      try db.execute(sql: "DELETE FROM embedding WHERE id > 3")
    }
    #expect(try gallery.query(.vector([1, 1]), k: 1).candidates.map(\.embedding.rawValue) == [3])
    #expect(try gallery.info().leftOutCount == 0)
  }

  @Test("a damaged row as a probe is refused with a sentence")
  func damagedProbe() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2, .cosine)
    try gallery.enroll([1, 0], as: "Ada")
    try damage(scratch.path())
    let error = try #require(throws: GalleryError.self) { try gallery.query(.embedding(EmbeddingID(2))) }
    #expect(error.description == "embedding 2 has the value nan at 0: remove it, or enroll it again")
  }

  @Test("rows of a second embedder are never compared with the first one's")
  func secondEmbedder() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([1, 0], as: "Ada")
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: """
          INSERT INTO embedder (name, kind, dimension, metric) VALUES ('other', 'vector', 2, 'euclidean');
          INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (1, 2, x'0000000000000000');
          """)
    }
    let answer = try gallery.query(.vector([0, 0]), k: 5, by: .embedding)
    #expect(answer.candidates.map(\.distance) == [1])
    #expect(answer.note == "only 1 embedding could be compared; 1 embedding of another embedder not searched, see info")
    let info = try gallery.info()
    #expect(info.leftOut.map(\.reason) == ["was made by another embedder, number 2"])
    #expect(info.leftOutCount == 1 && info.otherEmbedderCount == 1)
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE embedding SET vector = x'0000c07f00000000' WHERE embedder_id = 1")
    }
    let both = try gallery.info()
    #expect(both.leftOut.map(\.reason) == ["has the value nan at 0", "was made by another embedder, number 2"])
    #expect(both.leftOutCount == 2 && both.otherEmbedderCount == 1)
  }

  @Test("embeddings of another embedder are remarked on, with the way out; an answer does not call the gallery empty")
  func remarks() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([Enrollment(identity: "Ada", vector: [1, 0]), Enrollment(identity: "Bo", vector: [2, 0])])
    #expect(try gallery.verify(sample: 1).remarks.isEmpty)
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: "INSERT INTO embedder (id, name, kind, dimension, metric) VALUES (0, 'other', 'vector', 2, 'cosine')")
    }
    #expect(
      try gallery.query(.vector([1, 0])).note
        == "the gallery has no embeddings of \"other\" that could be compared; 2 embeddings of another embedder not "
        + "searched, see info")
    let verification = try gallery.verify(sample: 1)
    let remark = try #require(verification.remarks.first)
    #expect(verification.isSound && verification.remarks.count == 1)
    let parts = ["2 embeddings belong to another embedder", "\"other\", number 0", "DELETE FROM embedder WHERE id = 0"]
    for words in parts { #expect(remark.contains(words), "\(remark)") }
    let diagnosis = try Gallery.diagnose(path: scratch.path(), configuration: quiet())
    #expect(diagnosis.isHealthy && diagnosis.remarks.contains(remark))
    try gallery.enroll([1, 1], as: "Cy")
    #expect(try gallery.verify(sample: 1).remarks.first?.contains("enroll their inputs again") == true)
    #expect(try gallery.query(.vector([1, 0])).candidates.map(\.identity) == ["Cy"])
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "DELETE FROM embedding WHERE embedder_id = 0; DELETE FROM embedder WHERE id = 0")
    }
    #expect(try gallery.query(.vector([1, 0])).candidates.map(\.identity) == ["Ada", "Bo"])
    #expect(try gallery.verify(sample: 1).remarks.isEmpty)
  }
}
