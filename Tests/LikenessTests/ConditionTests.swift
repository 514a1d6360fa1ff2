import GRDB
import Likeness
import Seeded
import Testing

/// Conditions on rows, met before candidates are counted. Other stores search first and then look at what is left
/// (sqlite-vec#152, #196, Chroma, ObjectBox: 0 of 3).
@Suite struct ConditionTests {
  /// Rows of 40 identities of four teams, `rare` once in 500, and what the condition's columns hold.
  private struct Sample {
    let scratch: Scratch
    let gallery: Gallery
    var rows: [(id: EmbeddingID, identity: String, vector: [Float], quality: Double)] = []

    init(_ count: Int, exactBelow: Int?) throws {
      scratch = try Scratch()
      gallery = try makeGallery(scratch.path(), 12) { $0.exactBelow = exactBelow }
      var random = Seeded(UInt64(count))
      let made = (0..<count).map { row in
        Enrollment(
          identity: "p\(row % 40)", vector: random.vector(12), source: row % 500 == 499 ? "rare" : "file \(row)",
          quality: Double.random(in: 0..<1, using: &random))
      }
      for (id, row) in zip(try gallery.enroll(made), made) {
        rows.append((id, row.identity, row.vector, row.quality ?? 0))
      }
      for person in 0..<40 {
        try gallery.setAttributes(["team": .string(["red", "green", "blue", "grey"][person % 4])], of: "p\(person)")
      }
    }

    /// The ids of the `k` nearest allowed rows by the book, nearest first.
    func nearest(_ probe: [Float], _ k: Int, where isAllowed: (Int) -> Bool) -> [EmbeddingID] {
      rows.indices.filter(isAllowed).map { (reference(.euclidean, probe, rows[$0].vector), rows[$0].id) }
        .sorted { $0 < $1 }.prefix(k).map(\.1)
    }
  }

  @Test(
    "there are k candidates wherever k meet the condition, and they are the nearest of those", arguments: [300, 6_000])
  func neverFewer(count: Int) throws {
    let sample = try Sample(count, exactBelow: 1_000)
    let conditions: [(String, (Int) -> Bool)] = [
      ("1", { _ in true }),
      ("identity.attributes ->> 'team' = 'red'", { $0 % 4 == 0 }),
      ("identity.name = 'p7'", { $0 % 40 == 7 }),
      ("embedding.quality > 0.5", { sample.rows[$0].quality > 0.5 }),
      ("source = 'rare'", { $0 % 500 == 499 }),
      (
        "identity.name IN ('p1', 'p2') AND quality < 0.3 -- with a comment",
        { [1, 2].contains($0 % 40) && sample.rows[$0].quality < 0.3 }
      ),
      ("0", { _ in false }),
    ]
    var random = Seeded(5)
    for (condition, isAllowed) in conditions {
      let allowed = sample.rows.indices.filter(isAllowed)
      var (found, wanted) = (0, 0)
      for k in [1, 3, 20, allowed.count + 5] {
        let probe = random.vector(12)
        let answer = try sample.gallery.query(.vector(probe), k: k, by: .embedding, where: condition)
        #expect(answer.foundBy == .filtered)
        #expect(answer.candidates.count == min(k, allowed.count), "\(condition), \(k)")
        let truth = sample.nearest(probe, k, where: isAllowed)
        let ids = answer.candidates.map(\.embedding)
        #expect(Set(ids).isSubset(of: Set(allowed.map { sample.rows[$0].id })))
        #expect(zip(answer.candidates, answer.candidates.dropFirst()).allSatisfy { $0.distance <= $1.distance })
        found += Set(ids).intersection(truth).count
        wanted += truth.count
        if count < 1_000 { #expect(ids == truth, "\(condition), \(k)") }
        #expect((answer.note?.contains("the condition") == true) == (allowed.count < k))

        let people = Set(allowed.map { sample.rows[$0].identity })
        let byIdentity = try sample.gallery.query(.vector(probe), k: min(k, 60), where: condition)
        #expect(byIdentity.candidates.count == min(k, 60, people.count), "\(condition), \(k)")
        #expect(Set(byIdentity.candidates.map(\.identity)).isSubset(of: people))
        #expect(Set(byIdentity.candidates.map(\.identity)).count == byIdentity.candidates.count)
      }
      #expect(Double(found) >= 0.95 * Double(wanted), "\(condition): \(found) of \(wanted)")
    }
  }

  @Test("many probes with a condition are answered as each alone")
  func many() throws {
    let sample = try Sample(2_000, exactBelow: 0)
    var random = Seeded(6)
    let probes = (0..<50).map { _ in Probe.vector(random.vector(12)) }
    let condition = "identity.attributes ->> 'team' <> 'grey' AND embedding.id > 100"
    let together = try sample.gallery.query(probes, k: 7, where: condition)
    for (probe, answer) in zip(probes, together) {
      #expect(try sample.gallery.query(probe, k: 7, where: condition) == answer)
    }
  }

  @Test("a condition sees the rows as they are at the moment of the answer, whoever changed them")
  func moment() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    for n in 1...5 { try gallery.enroll([Float(n)], as: "p\(n)") }
    let condition = "identity.attributes ->> 'wanted' = 1"
    #expect(try gallery.query(.vector([0]), k: 3, where: condition).candidates.isEmpty)
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE identity SET attributes = '{\"wanted\": 1}' WHERE name IN ('p3', 'p5')")
    }
    #expect(try gallery.query(.vector([0]), k: 3, where: condition).candidates.map(\.identity) == ["p3", "p5"])
    try gallery.setAttributes(["wanted": .number(1)], of: "p1")
    try gallery.forget("p3")
    #expect(try gallery.query(.vector([0]), k: 3, where: condition).candidates.map(\.identity) == ["p1", "p5"])
    let probe = try #require(try gallery.embeddings(of: "p1").first?.id)
    #expect(try gallery.query(.embedding(probe), k: 3, where: condition).candidates.map(\.identity) == ["p5"])
  }

  @Test("where only the probe, or a row that is left out, meets a condition, the note does not say that none does")
  func nobodyElse() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    for n in 1...3 { try gallery.enroll([Float(n)], as: "p\(n)") }
    func note(_ probe: Probe, _ grouping: CandidateGrouping = .embedding, where condition: String?) throws -> String? {
      try gallery.query(probe, k: 5, by: grouping, where: condition).note
    }
    let first = Probe.embedding(EmbeddingID(1))
    #expect(
      try note(first, where: "embedding.id = 1")
        == "only 0 embeddings beside the probe that can be compared meet the condition")
    #expect(
      try note(first, .identity, where: "embedding.id < 3")
        == "only 1 identity beside the probe that can be compared meets the condition")
    #expect(try note(first, where: nil) == "only 2 embeddings beside the probe could be compared")
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE embedding SET vector = x'0000c07f' WHERE id = 2")
    }
    #expect(
      try note(.vector([0]), where: "embedding.id = 2")
        == "only 0 embeddings that can be compared meet the condition; 1 damaged embedding was left out, see info")
  }

  @Test(
    "what is no condition is refused with a sentence, and writes nothing",
    arguments: [
      "", "nonsense", "identity.nme = 1", "1; DELETE FROM embedding", "1) UNION DELETE FROM embedding --", "?1 = 1",
      "?2 = 1",
      "(",
    ])
  func refused(condition: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    let error = try #require(throws: GalleryError.self) { try gallery.query(.vector([1]), where: condition) }
    #expect(error.description.contains("the condition \"\(condition)\""))
    #expect(throws: GalleryError.self) { try gallery.query([.vector([1])], where: condition) }
    #expect(try gallery.query(.vector([1])).candidates.count == 1)
  }
}
