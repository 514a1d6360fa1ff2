import HNSW
import Seeded
import Testing

@Suite("Search")
struct SearchTests {
  static func filled(_ count: Int, dimension: Int = 12, metric: Metric = .euclidean, seed: UInt64 = 1) throws
    -> HNSWIndex
  {
    let index = try HNSWIndex(dimension: dimension, metric: metric)
    var random = Seeded(seed)
    let vectors = random.normals(count * dimension)
    try vectors.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: (0..<Int64(count)).map { $0 * 3 }) }
    return index
  }

  @Test("recall@10 is at least 0.95 at ef 64 on 20,000 vectors of 128 values")
  func recall() throws {
    let gallery = SyntheticGallery(count: 20_000, dimension: 128, identities: 10_000, queries: 200, seed: 7)
    let index = try HNSWIndex(dimension: 128, metric: .euclidean)
    try gallery.base.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<20_000)) }
    try index.checkInvariants()
    var found = 0
    for i in 0..<200 {
      let truth = Set(try index.searchExactly(gallery.query(i), k: 10).hits)
      let answer = try index.search(gallery.query(i), k: 10, ef: 64)
      #expect(answer.method == .graph)
      found += truth.intersection(answer.hits).count
    }
    #expect(found >= 1_900, "recall \(Double(found) / 2_000)")
  }

  @Test("every filter gives k whenever it allows k, and only what it allows", arguments: [1, 2, 10, 100, 1_000, 6_000])
  func filtered(oneOf: Int64) throws {
    let index = try Self.filled(6_000)
    var random = Seeded(99)
    let allowed = (0..<6_000).count { ($0 * 3) % Int(oneOf) == 0 }
    var found = 0
    var wanted = 0
    for _ in 0..<25 {
      let query = random.normals(12)
      let answer = try index.search(query, k: 10, ef: 48) { $0 % oneOf == 0 }
      #expect(answer.hits.count == min(10, allowed))
      #expect(answer.hits.allSatisfy { $0.id % oneOf == 0 })
      let truth = Set(try index.searchExactly(query, k: 10) { $0 % oneOf == 0 }.hits)
      wanted += truth.count
      found += truth.intersection(answer.hits).count
    }
    #expect(Double(found) >= 0.95 * Double(wanted))
  }

  @Test("a filter that allows nothing gives nothing")
  func nothingAllowed() throws {
    #expect(try Self.filled(3_000).search([Float](repeating: 0, count: 12), k: 5) { _ in false }.hits.isEmpty)
  }

  @Test("any k and any ef are answered", arguments: [0, 1, 2_500])
  func anyKAndEf(count: Int) throws {
    let index = try Self.filled(count)
    let query = [Float](repeating: 0.5, count: 12)
    for k in [Int.min, -1, 0, 1, 10, count, count + 1, Int.max] {
      for ef in [nil, Int.min, 0, 1, 7, 1_000_000, Int.max] {
        #expect(try index.search(query, k: k, ef: ef).hits.count == min(max(k, 0), count))
      }
      #expect(try index.search(query, k: k) { $0 % 2 == 0 }.hits.count <= max(k, 0))
      #expect(try index.searchExactly(query, k: k).hits.count == min(max(k, 0), count))
    }
  }

  @Test("answers say how they were found")
  func method() throws {
    let small = try Self.filled(100)
    let large = try Self.filled(6_000)
    let query = [Float](repeating: 0.1, count: 12)
    #expect(try small.search(query, k: 3).method == .exact)
    #expect(try small.search(query, k: 3) { $0 > 5 }.method == .filtered)
    #expect(try large.search(query, k: 3).method == .graph)
    #expect(try large.search(query, k: 3) { $0 > 5 }.method == .graph)
    #expect(try large.search(query, k: 3) { $0 == 30 }.method == .filtered)
    #expect(try large.search(query, k: 5_900).method == .exact)
    #expect(try large.searchExactly(query, k: 3).method == .exact)
  }

  @Test("equal distances are ordered by id")
  func ties() throws {
    let index = try HNSWIndex(dimension: 4, metric: .euclidean)
    for id in [9, 3, 7, 1, 5] as [Int64] { try index.add([1, 2, 3, 4], id: id) }
    #expect(try index.search([1, 2, 3, 4], k: 3).hits.map(\.id) == [1, 3, 5])
    #expect(try index.searchExactly([0, 0, 0, 0], k: 4).hits.map(\.id) == [1, 3, 5, 7])
  }

  @Test("thousands of copies of one vector do not cut others off")
  func copies() throws {
    let index = try HNSWIndex(dimension: 8, metric: .euclidean)
    var random = Seeded(4)
    let copy = random.normals(8)
    for id in 0..<4_000 as Range<Int64> {
      try index.add(id % 2 == 0 ? copy : random.normals(8), id: id)
    }
    try index.checkInvariants()
    var found = 0
    for _ in 0..<100 {
      let query = random.normals(8)
      let truth = try index.searchExactly(query, k: 10).hits
      let hits = try index.searchGraph(query, ef: 64)!.prefix(10)
      found += hits.count { $0.distance <= truth[9].distance }
    }
    #expect(found >= 950)
    #expect(try index.search(copy, k: 500, ef: 500).hits.allSatisfy { $0.distance == 0 })
  }

  @Test("distances are in the metric's own unit")
  func units() throws {
    let a: [Float] = [3, 4]
    let b: [Float] = [6, 8]
    for (metric, expected) in [(Metric.euclidean, Float(5)), (.cosine, 0), (.dot, -50)] {
      let index = try HNSWIndex(dimension: 2, metric: metric)
      try index.add(b, id: 1)
      #expect(abs(try index.search(a, k: 1).hits[0].distance - expected) < 1e-6)
      #expect(try index.distance(from: a, to: 1) == index.search(a, k: 1).hits[0].distance)
    }
    let index = try HNSWIndex(dimension: 2, metric: .cosine)
    try index.add([1, 0], id: 1)
    #expect(try index.search([-5, 0], k: 1).hits[0].distance == 2)
    #expect(try index.search([1e-30, 0], k: 1).hits[0].distance == 0)
    #expect(index.vector(id: 1) == [1, 0])
    #expect(try index.distance(from: [1, 1], to: 2) == nil)
  }

  @Test("the inner product finds the largest products of vectors of very different lengths")
  func innerProduct() throws {
    let index = try HNSWIndex(dimension: 16, metric: .dot)
    var random = Seeded(8)
    for id in 0..<5_000 as Range<Int64> {
      let scale = Float.random(in: 0.2..<2, using: &random)
      try index.add(random.normals(16, scale: scale), id: id)
    }
    var found = 0
    for _ in 0..<100 {
      let query = random.normals(16)
      let truth = Set(try index.searchExactly(query, k: 10).hits)
      found += truth.intersection(try index.search(query, k: 10, ef: 100).hits).count
    }
    #expect(found >= 900, "found \(found) of 1000")
  }
}
