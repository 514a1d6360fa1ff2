import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// What people found wrong with the answers of other vector stores, each turned into a promise kept here.
///
/// Kept elsewhere: filters after the search (HNSWTests, FilterTests), a filter that gives up early and garbage for a
/// `k` beyond the size (HNSWTests, SearchTests), a second process whose rows are not found (OtherHandsTests), another
/// model's vectors (EmbedderTests), NaN at the door and in the file (EnrollTests, DamagedRowsTests), answers of a whole
/// life against a model (ModelTests).
@Suite("Complaints about answers") struct ComplaintAnswerTests {
  /// Random rows, each its own identity, and the gallery that holds them.
  private static func fill(
    _ path: String, _ count: Int, dimension: Int = 8, _ configure: (inout GalleryConfiguration) -> Void = { _ in }
  ) throws -> (gallery: Gallery, vectors: [EmbeddingID: [Float]]) {
    var random = Seeded(UInt64(count))
    let gallery = try makeGallery(path, dimension, .euclidean, configure)
    let rows = (0..<count).map { Enrollment(identity: "p\($0)", vector: random.vector(dimension)) }
    let ids = try gallery.enroll(rows)
    return (gallery, Dictionary(uniqueKeysWithValues: zip(ids, rows.map(\.vector))))
  }

  // A search that cannot reach k nodes with its ef raises "ef or M is too small" (chroma#997, #606).
  @Test("k candidates come whenever there are k, whatever ef is", arguments: [1, 2, 63, 64, 65, 699, 700, 701, 5_000])
  func kAlways(k: Int) throws {
    let scratch = try Scratch()
    let (gallery, vectors) = try Self.fill(scratch.path(), 700) { ($0.exactBelow, $0.ef) = (0, 1) }
    let answer = try gallery.query(.vector([Float](repeating: 0, count: 8)), k: k, by: .embedding)
    #expect(answer.candidates.count == min(k, vectors.count))
    #expect(Set(answer.candidates.map(\.embedding)).count == min(k, vectors.count))
    #expect((answer.note == nil) == (k <= vectors.count))
  }

  // "Only what is within this distance" is refused, or accepted and ignored once there is an index (chroma#403, #1742,
  // sqlite-vec#308).
  @Test("a distance limit gives all that is within it and nothing beyond", arguments: [0, 100_000])
  func limit(exactBelow: Int) throws {
    let scratch = try Scratch()
    let (gallery, vectors) = try Self.fill(scratch.path(), 600) { ($0.exactBelow, $0.ef) = (exactBelow, 600) }
    var random = Seeded(3)
    for limit: Float in [0, 0.5, 1, 1.4, 2, 100] {
      let probe = random.vector(8)
      let answer = try gallery.query(.vector(probe), k: 600, by: .embedding, maxDistance: limit)
      let within = vectors.filter { reference(.euclidean, probe, $0.value) <= Double(limit) }
      #expect(Set(answer.candidates.map(\.embedding)) == Set(within.keys), "\(limit)")
      #expect(answer.decision == (within.isEmpty ? .noMatch : .match))
    }
  }

  // Removed rows count against what a search may visit: 0 of 10 (pgvector#244, #259).
  @Test("removed neighbours do not eat the places of those that are left")
  func removedNeighbours() throws {
    let scratch = try Scratch()
    let (gallery, vectors) = try Self.fill(scratch.path(), 1_200) { $0.exactBelow = 0 }
    let probe = [Float](repeating: 0, count: 8)
    let byDistance = vectors.keys.sorted {
      reference(.euclidean, probe, vectors[$0] ?? []) < reference(.euclidean, probe, vectors[$1] ?? [])
    }
    // The nearest nineteen of twenty, by one commit of another hand.
    let gone = byDistance.prefix(1_140).map { "\($0.rawValue)" }.joined(separator: ",")
    try otherHand(scratch.path()).write { db in try db.execute(sql: "DELETE FROM embedding WHERE id IN (\(gone))") }
    for isSettled in [false, true] {
      if isSettled { gallery.settle() }
      let answer = try gallery.query(.vector(probe), k: 10, by: .embedding)
      #expect(answer.candidates.map(\.embedding) == Array(byDistance[1_140..<1_150]))
    }
  }

  // A vector that was updated comes back twice, old and new (lance#7371).
  @Test("an updated vector is found once, where it is now")
  func updatedOnce() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2) { $0.exactBelow = 0 }
    let ids = try gallery.enroll((0..<200).map { Enrollment(identity: "p\($0)", vector: [Float($0), 0]) })
    let hand = try otherHand(scratch.path())
    for round in 1...20 {
      try hand.write { db in
        try db.execute(
          sql: "UPDATE embedding SET vector = ? WHERE id = ?",
          arguments: [blob([0, Float(round) * 10]), ids[50].rawValue])
      }
      let all = try gallery.query(.vector([50, 0]), k: 1_000, by: .embedding).candidates
      #expect(all.filter { $0.embedding == ids[50] }.count == 1)
      #expect(all.count == 200)
      let there = try gallery.query(.vector([0, Float(round) * 10]), k: 1).candidates[0]
      #expect(there.embedding == ids[50] && there.distance == 0)
      if round % 3 == 0 { gallery.settle() }
    }
  }

  // An id that is added again stays deleted, and after some ten thousand removals queries throw (hnswlib#309, #321);
  // after a removal ids name other vectors (faiss#1784, usearch#445).
  @Test("an id that comes back is found again, and after any number of removals ids name their own vectors")
  func idsComeBack() throws {
    let scratch = try Scratch()
    let (gallery, vectors) = try Self.fill(scratch.path(), 400) { ($0.exactBelow, $0.ef) = (0, 300) }
    let hand = try otherHand(scratch.path())
    var random = Seeded(12)
    var now = vectors
    for _ in 0..<40 {
      let chosen = Array(now.keys.sorted().shuffled(using: &random).prefix(100))
      let list = chosen.map { "\($0.rawValue)" }.joined(separator: ",")
      for id in chosen { now[id] = random.vector(8) }
      try hand.write { db in
        try db.execute(sql: "DELETE FROM embedding WHERE id IN (\(list))")
        for id in chosen {
          try db.execute(
            sql: "INSERT INTO embedding (id, identity_id, embedder_id, vector) VALUES (?, ?, 1, ?)",
            arguments: [id.rawValue, id.rawValue, blob(now[id] ?? [])])
        }
      }
      let probe = random.vector(8)
      let answer = try gallery.query(.vector(probe), k: 20, by: .embedding)
      #expect(answer.candidates.count == 20)
      for candidate in answer.candidates {
        let expected = reference(.euclidean, probe, now[candidate.embedding] ?? [])
        #expect(abs(Double(candidate.distance) - expected) < 1e-5)
      }
      if let back = chosen.first, let vector = now[back] {
        #expect(try gallery.query(.vector(vector), k: 1, by: .embedding).candidates.first?.embedding == back)
      }
    }
    gallery.settle()
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  // The first add crashes where nobody reserved room (usearch#641); names and ids that are not there are garbage or
  // traps elsewhere.
  @Test("no order of calls does worse than throw a sentence", arguments: 0..<30)
  func anyOrder(seed: Int) throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), configuration: quiet())
    var random = Seeded(UInt64(seed))
    for _ in 0..<25 {
      do {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: _ = try gallery.query(.vector([1, 2]), k: Int.random(in: -1...3, using: &random))
        case 1: try gallery.enroll([1, 2], as: "Ada")
        case 2: try gallery.register(specification(2))
        case 3: try gallery.forget("Ada")
        case 4: try gallery.remove(embedding: EmbeddingID(Int64.random(in: -1...3, using: &random)))
        case 5: try gallery.merge("Ada", into: "Grace")
        case 6: try gallery.rename("Ada", to: "Grace")
        case 7: _ = try gallery.query(.embedding(EmbeddingID(.min)))
        case 8: _ = try gallery.info()
        default: try gallery.enroll([])
        }
      } catch let error as GalleryError {
        #expect(!error.description.isEmpty)
      }
    }
  }
}
