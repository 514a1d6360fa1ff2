import HNSW
import Seeded
import Testing

@Suite("Filters")
struct FilterTests {
  static let count = 8_000
  static let gallery = SyntheticGallery(count: count, dimension: 32, identities: 4_000, queries: 40, seed: 11)

  /// The gallery under ids far apart, so that an id is no row.
  static func filled() throws -> HNSWIndex {
    let index = try HNSWIndex(dimension: 32, metric: .euclidean)
    try gallery.base.withUnsafeBufferPointer {
      try index.add(contentsOf: $0, ids: (0..<Int64(count)).map { $0 * 1_000_003 - 77 })
    }
    return index
  }

  static let shared = Result { try filled() }

  static func allowed(_ share: Double, seed: UInt64 = 3) -> Set<Int64> {
    var random = Seeded(seed)
    return Set(
      (0..<Int64(count)).filter { _ in .random(in: 0..<1, using: &random) < share }.map { $0 * 1_000_003 - 77 })
  }

  @Test(
    "the nearest allowed are found, by id set and by predicate, and never fewer than exist",
    arguments: [0.9, 0.5, 0.1, 0.03, 0.01, 0.001, 0.000_3])
  func shares(share: Double) throws {
    let index = try Self.shared.get()
    let allowed = Self.allowed(share)
    let set = IDSet(allowed)
    var found = (set: 0, predicate: 0)
    var wanted = 0
    for i in 0..<40 {
      let query = Self.gallery.query(i)
      let truth = try index.searchExactly(query, k: 10) { allowed.contains($0) }.hits
      let bySet = try index.search(query, k: 10, where: set)
      let byPredicate = try index.search(query, k: 10) { allowed.contains($0) }
      for answer in [bySet, byPredicate] {
        #expect(answer.hits.count == min(10, allowed.count))
        #expect(answer.hits.allSatisfy { allowed.contains($0.id) })
        #expect(answer.method != .exact)
        if answer.method == .filtered { #expect(answer.hits == truth) }
      }
      wanted += truth.count
      found.set += Set(truth).intersection(bySet.hits).count
      found.predicate += Set(truth).intersection(byPredicate.hits).count
    }
    #expect(Double(found.set) >= 0.97 * Double(wanted), "\(found.set) of \(wanted)")
    #expect(Double(found.predicate) >= 0.97 * Double(wanted), "\(found.predicate) of \(wanted)")
  }

  @Test("a large share is walked to, a small set is compared")
  func methods() throws {
    let index = try Self.shared.get()
    let query = Self.gallery.query(0)
    #expect(try index.search(query, k: 10, where: IDSet(Self.allowed(0.9))).method == .graph)
    #expect(try index.search(query, k: 10, where: IDSet(Self.allowed(0.001))).method == .filtered)
  }

  @Test("allowed vectors that are all far from the query are found")
  func farAway() throws {
    let index = try Self.shared.get()
    let query = Self.gallery.query(1)
    let far = Set(try index.searchExactly(query, k: Self.count).hits.suffix(Self.count / 2).map(\.id))
    let truth = try index.searchExactly(query, k: 10) { far.contains($0) }.hits
    for answer in [
      try index.search(query, k: 10, where: IDSet(far)), try index.search(query, k: 10) { far.contains($0) },
    ] {
      #expect(answer.hits.count == 10)
      #expect(Set(truth).intersection(answer.hits).count >= 9)
    }
  }

  @Test("ids that are not in the index, and no ids at all, do no harm")
  func strangers() throws {
    let index = try Self.shared.get()
    let query = Self.gallery.query(2)
    #expect(try index.search(query, k: 5, where: []).hits.isEmpty)
    #expect(try index.search(query, k: 5, where: [1, 2, 3, .min, .max]).hits.isEmpty)
    #expect(try index.search(query, k: 5, where: [1, -77, .min, 1_000_003 - 77, .max]).hits.count == 2)
    let strangers = IDSet((0..<50_000).map { $0 * 1_000_003 - 77 } + [5, 6])
    #expect(try index.search(query, k: 5, where: strangers).hits == index.search(query, k: 5).hits)
    #expect(try index.search(query, k: 0, where: strangers).hits.isEmpty)
    #expect(try index.search(query, k: -3, where: strangers).hits.isEmpty)
    #expect(try index.search(query, k: .max, where: [-77]).hits.count == 1)
    #expect(try HNSWIndex(dimension: 32, metric: .euclidean).search(query, k: 5, where: strangers).hits.isEmpty)
  }

  @Test("an id set holds what it was made of and nothing else")
  func sets() {
    var random = Seeded(5)
    for range in [0...400, -500 ... -100, Int64.min...(.min + 300), (.max - 300)...Int64.max, Int64.min...Int64.max] {
      for count in [0, 1, 2, 60, 300] {
        var ids = Set((0..<count).map { _ in Int64.random(in: range, using: &random) })
        for some in [ids, ids.union([0, 1, 2]), ids.union([.min, .max])] {
          ids = some
          let set = IDSet(Array(ids) + Array(ids))
          #expect(set.ids == ids.sorted())
          #expect(set.count == ids.count)
          for id in ids { #expect(set.contains(id)) }
          for _ in 0..<200 {
            let id = Int64.random(in: range, using: &random)
            #expect(set.contains(id) == ids.contains(id))
          }
          for id in Int64(-3)...5 { #expect(set.contains(id) == ids.contains(id)) }
        }
      }
    }
  }

  @Test("a filter that allows fewer than k gives all of them, also where comparing costs more than walking everything")
  func fewerThanAsked() throws {
    let index = try HNSWIndex(dimension: 3_000, metric: .euclidean, parameters: .init(M: 8, efConstruction: 20))
    var random = Seeded(1)
    let pattern = random.normals(10_007)
    let vectors = (0..<1_100).flatMap { row in (0..<3_000).map { pattern[(row * 5 + $0) % 10_007] } }
    try vectors.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: (0..<1_100).map { $0 * 3 }) }
    let query = [Float](repeating: 0.1, count: 3_000)
    #expect(try index.search(query, k: 1_000) { $0 >= 600 }.hits.count == 900)
    #expect(try index.search(query, k: 1_000, where: IDSet(600..<3_300)).hits.count == 900)
  }

  @Test("one id set serves many indexes, before and after they change")
  func changes() throws {
    var random = Seeded(21)
    let indexes = [
      try SearchTests.filled(1_500, dimension: 8), try SearchTests.filled(1_500, dimension: 8, seed: 2),
    ]
    let set = IDSet((0..<40).map { $0 * 93 })
    for round in 0..<60 {
      let index = indexes[round % 2]
      let query = random.normals(8)
      let truth = try index.searchExactly(query, k: 60) { set.contains($0) }.hits
      #expect(try index.search(query, k: 60, where: set).hits == truth)
      let id = set.ids[Int.random(in: 0..<40, using: &random)]
      switch round % 3 {
      case 0: index.remove(id: id)
      case 1 where index.contains(id: id): try index.update(random.normals(8), id: id)
      default: if !index.contains(id: id) { try index.add(random.normals(8), id: id) }
      }
    }
  }

  @Test("what a set remembers of an index that is gone says nothing of the next one")
  func nextIndex() throws {
    let set: IDSet = [3, 700]
    for round in 0..<60 {
      // Each in the memory that the one before has left, as often as the system will have it.
      let index = try HNSWIndex(dimension: 2, metric: .euclidean)
      for id in round % 2 == 0 ? 0..<100 : 650..<750 { try index.add([Float(id), 1], id: Int64(id)) }
      #expect(try index.search([0, 1], k: 2, where: set).hits.map(\.id) == [round % 2 == 0 ? 3 : 700])
    }
  }
}
