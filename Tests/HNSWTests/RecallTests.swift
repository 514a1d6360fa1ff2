import HNSW
import Seeded
import Testing

@Suite("Target recall")
struct RecallTests {
  static func recall(_ index: HNSWIndex, _ gallery: SyntheticGallery, k: Int, target: Double) throws -> Double {
    let queries = gallery.queries.count / gallery.dimension
    var found = 0
    for i in 0..<queries {
      let truth = Set(try index.searchExactly(gallery.query(i), k: k).hits)
      let answer = try index.search(gallery.query(i), k: k, recall: target)
      #expect(answer.hits.count == k)
      found += truth.intersection(answer.hits).count
    }
    return Double(found) / Double(queries * k)
  }

  @Test("vectors without leading directions are found by codes of all their coordinates", arguments: [false, true])
  func withoutDirections(areUnit: Bool) throws {
    var random = Seeded(21)
    let dimension = 200
    let vectors = (0..<4_000).map { _ in
      let vector = (0..<dimension).map { _ in random.normal() }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return areUnit ? vector.map { $0 / length } : vector
    }
    let index = try HNSWIndex(dimension: dimension, metric: areUnit ? .cosine : .euclidean)
    try vectors.flatMap { $0 }.withUnsafeBufferPointer {
      try index.add(contentsOf: $0, ids: (0..<Int64(vectors.count)).map { $0 })
    }
    var found = 0
    for _ in 0..<100 {
      let query = (0..<dimension).map { _ in random.normal() }
      let hits = try index.searchGraph(query, ef: 200)?.prefix(10).map(\.id) ?? []
      found += try Set(index.searchExactly(query, k: 10).hits.map(\.id)).intersection(hits).count
    }
    // Codes of a few coordinates of each edge find a third.
    #expect(found >= 800, "recall is \(Double(found) / 1_000)")
  }

  @Test("fresh queries are answered with the recall that was asked for")
  func targets() throws {
    let gallery = SyntheticGallery(
      count: 20_000, dimension: 48, identities: 20_000, queries: 300, intrinsic: 32, spread: 0.9, seed: 51)
    let index = try HNSWIndex(dimension: 48, metric: .cosine)
    try gallery.base.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<20_000)) }
    for target in [0.8, 0.9, 0.95, 0.99] {
      let reached = try Self.recall(index, gallery, k: 10, target: target)
      #expect(reached >= target - 0.01, "\(reached) of \(target)")
    }
    let reached = try Self.recall(index, gallery, k: 37, target: 0.95)
    #expect(reached >= 0.94, "\(reached)")
  }

  @Test("the curve rises, is measured once, and again when a fifth has changed")
  func curve() throws {
    let gallery = SyntheticGallery(count: 8_000, dimension: 32, identities: 8_000, queries: 60, seed: 52)
    let index = try HNSWIndex(dimension: 32, metric: .euclidean)
    try gallery.base.withUnsafeBufferPointer { base in
      try index.add(contentsOf: .init(rebasing: base[..<(5_000 * 32)]), ids: Array(0..<5_000))
      let first = try #require(index.recallCurve(k: 8))
      #expect(first.k == 10)
      #expect(zip(first.points, first.points.dropFirst()).allSatisfy { $0.ef < $1.ef && $0.recall <= $1.recall })
      #expect(first.points.allSatisfy { $0.recall >= 0 && $0.recall <= 1 && $0.standardError >= 0 })
      for id in Int64(0)..<500 { index.remove(id: id) }
      #expect(index.recallCurve(k: 10) == first)
      try index.add(contentsOf: .init(rebasing: base[(5_000 * 32)...]), ids: Array(5_000..<8_000))
      #expect(index.recallCurve(k: 10) != first)
    }
    #expect(try Self.recall(index, gallery, k: 10, target: 0.95) >= 0.94)
  }

  @Test("a larger target never takes a smaller ef")
  func monotone() throws {
    let curve = try #require(try SearchTests.filled(5_000).recallCurve(k: 10))
    var last = 0
    for target in stride(from: 0.0, through: 1, by: 0.01) {
      guard let ef = curve.ef(for: target) else { break }
      #expect(ef >= last)
      last = ef
    }
    #expect(last > 10)
  }

  @Test("recall 1 is exact, so is every recall where there is no graph, and a recall that is none is refused")
  func edges() throws {
    let index = try SearchTests.filled(5_000)
    let query = [Float](repeating: 0.2, count: 12)
    #expect(try index.search(query, k: 10, recall: 1) == index.searchExactly(query, k: 10))
    let small = try SearchTests.filled(50)
    #expect(small.recallCurve(k: 10) == nil)
    #expect(index.recallCurve(k: 0) == nil)
    #expect(index.recallCurve(k: .max) == nil)
    #expect(try small.search(query, k: 10, recall: 0.5) == small.searchExactly(query, k: 10))
    for k in [Int.min, 0, 4_999, 5_000, Int.max] {
      #expect(try index.search(query, k: k, recall: 0.9).hits.count == min(max(k, 0), 5_000))
    }
    for recall in [-0.1, 1.1, .nan, .infinity] {
      #expect(throws: IndexError.self) { try index.search(query, k: 10, recall: recall) }
    }
  }
}
