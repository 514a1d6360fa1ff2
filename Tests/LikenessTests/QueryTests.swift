import Foundation
import Likeness
import Seeded
import Testing

@Suite struct QueryTests {
  @Test("the nearest embedding of each identity wins, and each identity appears once")
  func grouping() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll(
      [("Ada", 5), ("Grace", 1), ("Ada", 2), ("Alan", 9), ("Grace", 7)].map {
        Enrollment(identity: $0.0, vector: [$0.1])
      })
    let answer = try gallery.query(.vector([0]), k: 3)
    #expect(answer.candidates.map(\.identity) == ["Grace", "Ada", "Alan"])
    #expect(answer.candidates.map(\.distance) == [1, 2, 9])
    #expect(answer.note == nil)
    let raw = try gallery.query(.vector([0]), k: 4, by: .embedding)
    #expect(raw.candidates.map(\.identity) == ["Grace", "Ada", "Ada", "Grace"])
    #expect(raw.candidates.map(\.distance) == [1, 2, 5, 7])
  }

  @Test("an identity with thousands of near embeddings does not eat the others' places", arguments: [0, 100_000])
  func crowd(exactBelow: Int) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 8) { $0.exactBelow = exactBelow }
    var random = Seeded(4)
    var rows = (0..<4_000).map { _ in
      Enrollment(identity: "crowd", vector: random.vector(8).map { $0 * 0.01 })
    }
    for person in 1...9 {
      rows.append(Enrollment(identity: "person \(person)", vector: [Float(person), 0, 0, 0, 0, 0, 0, 0]))
    }
    rows.shuffle(using: &random)
    try gallery.enroll(rows)
    let answer = try gallery.query(.vector([Float](repeating: 0, count: 8)), k: 10)
    #expect(answer.candidates.map(\.identity) == ["crowd"] + (1...9).map { "person \($0)" })
    #expect(answer.foundBy == (exactBelow == 0 ? .graph : .exact) || exactBelow == 0)
    #expect(try gallery.query(.vector([Float](repeating: 0, count: 8)), k: 50).candidates.count == 10)
  }

  @Test("an answer that is short says why")
  func short() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    #expect(try gallery.query(.vector([0])).note == "the gallery has no embeddings yet")
    try gallery.enroll([1], as: "Ada")
    try gallery.enroll([2], as: "Ada")
    let answer = try gallery.query(.vector([0]), k: 3)
    #expect(answer.candidates.count == 1)
    #expect(answer.note == "only 1 identity could be compared")
    #expect(try gallery.query(.vector([0]), k: 3, by: .embedding).note == "only 2 embeddings could be compared")
    #expect(try gallery.query(.vector([0]), k: .max).candidates.count == 1)
    #expect(try gallery.query(.vector([0]), k: .max, by: .embedding).candidates.count == 2)
  }

  @Test("a distance beyond the threshold is no match, and the answer says how far the nearest is")
  func threshold() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    try gallery.enroll([3], as: "Grace")
    let match = try gallery.query(.vector([0]), maxDistance: 1)
    #expect(match.decision == .match)
    #expect(match.candidates.map(\.identity) == ["Ada"])
    let stranger = try gallery.query(.vector([0]), k: 2, maxDistance: 0.5)
    #expect(stranger.decision == .noMatch)
    #expect(stranger.candidates.isEmpty)
    #expect(stranger.note == "the nearest candidate is at 1.0, beyond 0.5")
    #expect(try gallery.query(.vector([0]), k: 2).decision == nil)
  }

  @Test("equal distances come in the order of enrolment")
  func ties() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    let ids = try gallery.enroll((0..<40).map { Enrollment(identity: "twin \($0 % 8)", vector: [1, 1]) })
    let answer = try gallery.query(.vector([0, 0]), k: 5)
    #expect(answer.candidates.map(\.embedding) == Array(ids.prefix(5)))
    #expect(try gallery.query(.vector([0, 0]), k: 40, by: .embedding).candidates.map(\.embedding) == ids)
  }

  @Test("an embedding as a probe finds what else is like it, not itself")
  func embeddingAsProbe() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let ids = try gallery.enroll([0, 1, 5].map { Enrollment(identity: "Ada", vector: [$0]) })
    try gallery.enroll([2], as: "Grace")
    let answer = try gallery.query(.embedding(ids[0]), k: 10, by: .embedding)
    #expect(answer.candidates.map(\.distance) == [1, 2, 5])
    #expect(try gallery.query(.embedding(ids[0])).candidates.map(\.identity) == ["Ada", "Grace"])
  }

  @Test("distances are exact, in the metric's own unit", arguments: Metric.allCases)
  func exactDistances(metric: Metric) throws {
    let scratch = try Scratch()
    // Through the graph, with changes pending beside it, and by comparing everything.
    for exactBelow in [0, 100_000] {
      let gallery = try makeGallery(scratch.path("\(exactBelow)"), 37, metric) { $0.exactBelow = exactBelow }
      var random = Seeded(11)
      let vectors = (0..<600).map { _ in random.vector(37) }
      let ids = try gallery.enroll(
        vectors.enumerated().map { Enrollment(identity: "p\($0.offset % 60)", vector: $0.element) })
      for _ in 0..<20 {
        let probe = random.vector(37)
        let answer = try gallery.query(.vector(probe), k: 10, by: .embedding)
        #expect(answer.candidates.count == 10)
        for candidate in answer.candidates {
          let place = try #require(ids.firstIndex(of: candidate.embedding))
          #expect(abs(Double(candidate.distance) - reference(metric, probe, vectors[place])) < 2e-6)
        }
        #expect(answer.candidates.map(\.distance) == answer.candidates.map(\.distance).sorted())
      }
    }
  }

  @Test("the same probe as an enrolled vector is at distance zero", arguments: [Metric.euclidean, .cosine])
  func zeroDistance(metric: Metric) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 61, metric)
    var random = Seeded(3)
    for person in 0..<30 {
      let vector = random.vector(61)
      try gallery.enroll(vector, as: "\(person)")
      #expect(try gallery.query(.vector(vector), k: 1).candidates[0].distance == 0)
    }
  }
}

@Suite struct BatchTests {
  @Test("many probes get, in their order, the answers that each gets alone", arguments: [1, 2, 5])
  func sameAsAlone(_ threads: Int) throws {
    let scratch = try Scratch()
    var random = Seeded(31)
    let gallery = try makeGallery(scratch.path(), 12) { $0.threads = threads }
    try gallery.enroll((0..<2_500).map { Enrollment(identity: "p\($0 / 4)", vector: random.vector(12)) })
    let probes = (0..<150).map { $0 % 5 == 0 ? Probe.embedding(EmbeddingID($0 + 1)) : .vector(random.vector(12)) }
    let answers = try gallery.query(probes, k: 7, maxDistance: 1.2, ef: 90)
    #expect(answers == (try probes.map { try gallery.query($0, k: 7, maxDistance: 1.2, ef: 90) }))
    #expect(try gallery.query([], k: 7).isEmpty)
  }

  @Test("of many probes the first that cannot be answered is the error, wherever it is")
  func firstError() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([1, 1], as: "Ada")
    for (place, later) in [(0, 1), (1, 2), (40, 59)] {
      var probes = Array(repeating: Probe.vector([1, 1]), count: 60)
      probes[place] = .embedding(EmbeddingID(Int64(1_000 + place)))
      probes[later] = .vector([1])
      #expect(throws: GalleryError.unknownEmbedding(EmbeddingID(Int64(1_000 + place)))) {
        try gallery.query(probes)
      }
    }
    #expect(throws: GalleryError.invalidArgument(reason: "ef is 0: give at least 1, or nothing")) {
      try gallery.query(.vector([1, 1]), ef: 0)
    }
  }

  @Test("an ef for one query makes it wider than the gallery's own")
  func wider() throws {
    let scratch = try Scratch()
    var random = Seeded(32)
    let gallery = try makeGallery(scratch.path(), 48) { ($0.ef, $0.exactBelow) = (1, 10) }
    let rows = (0..<3_000).map { Enrollment(identity: "p\($0)", vector: random.vector(48)) }
    let ids = try gallery.enroll(rows)
    var found = (narrow: 0, wide: 0)
    for _ in 0..<60 {
      let vector = random.vector(48)
      let nearest = rows.indices.min {
        reference(.euclidean, vector, rows[$0].vector) < reference(.euclidean, vector, rows[$1].vector)
      }
      let narrow = try gallery.query(.vector(vector), k: 1, by: .embedding)
      let wide = try gallery.query(.vector(vector), k: 1, by: .embedding, ef: 1_000)
      if narrow.candidates.first?.embedding == nearest.map({ ids[$0] }) { found.narrow += 1 }
      if wide.candidates.first?.embedding == nearest.map({ ids[$0] }) { found.wide += 1 }
    }
    #expect(found.wide >= 57, "\(found)")
    #expect(found.narrow < found.wide, "\(found)")
  }

  @Test("a query finds the share of the true nearest that it asks for", arguments: [0.9, 0.99])
  func recall(_ wanted: Double) throws {
    let scratch = try Scratch()
    var random = Seeded(33)
    let gallery = try makeGallery(scratch.path(), 24) { $0.indexing = .onFirstQuery }
    let rows = (0..<8_000).map { Enrollment(identity: "p\($0)", vector: random.vector(24)) }
    let ids = try gallery.enroll(rows)
    let probes = (0..<100).map { _ in random.vector(24) }
    let answers = try gallery.query(probes.map { .vector($0) }, k: 10, by: .embedding, recall: wanted)
    var found = 0
    for (probe, answer) in zip(probes, answers) {
      let distances = rows.map { reference(.euclidean, probe, $0.vector) }
      let nearest = distances.indices.sorted { distances[$0] < distances[$1] }.prefix(10).map { ids[$0] }
      found += Set(nearest).intersection(answer.candidates.map(\.embedding)).count
    }
    #expect(Double(found) / 1_000 >= wanted - 0.03, "\(found) of 1000")
    #expect(try gallery.query(.vector(probes[0]), recall: 1).foundBy == .exact)
  }

  @Test("an effort that makes no sense is refused")
  func noEffort() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    #expect(throws: GalleryError.invalidArgument(reason: "both ef and recall are given: choose one of them")) {
      try gallery.query(.vector([1]), ef: 10, recall: 0.5)
    }
    #expect(throws: GalleryError.invalidArgument(reason: "recall is 1.5: give 0 to 1, or nothing")) {
      try gallery.query(.vector([1]), recall: 1.5)
    }
  }
}
