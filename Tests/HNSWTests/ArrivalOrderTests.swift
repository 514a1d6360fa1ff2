import HNSW
import Seeded
import Testing

@Suite("Whatever order vectors arrive in")
struct ArrivalOrderTests {
  /// The share of the ten nearest of the queries that the graph finds with a short beam.
  private func recall(_ queries: [[Float]], in index: HNSWIndex) throws -> Double {
    let found = try queries.reduce(0) { sum, query in
      let nearest = try Set(index.searchExactly(query, k: 10).hits.map(\.id))
      let hits = try #require(try index.searchGraph(query, ef: 64))
      return sum + nearest.intersection(hits.prefix(10).map(\.id)).count
    }
    return Double(found) / Double(10 * queries.count)
  }

  private func index(_ batches: [[[Float]]], dimension: Int) throws -> HNSWIndex {
    let index = try HNSWIndex(dimension: dimension, metric: .euclidean)
    var next: Int64 = 0
    for batch in batches {
      let rows = batch.flatMap(\.self)
      try rows.withUnsafeBufferPointer {
        try index.add(contentsOf: $0, ids: Array(next..<next + Int64(batch.count)))
      }
      next += Int64(batch.count)
    }
    try index.checkInvariants()
    return index
  }

  @Test(
    "what comes together, is alike and like nobody before is found, however many it is",
    arguments: [(16, 100), (16, 600), (16, 2_000), (16, 4_000), (64, 100), (64, 600), (64, 2_000)])
  func together(dimension: Int, count: Int) throws {
    var random = Seeded(UInt64(dimension + count))
    let others = (0..<10_000).map { _ in random.normals(dimension) }
    let centre = random.normals(dimension, scale: 3)
    func near() -> [Float] { centre.map { $0 + 0.3 * random.normal() } }
    let new = (0..<count).map { _ in near() }
    let queries = (0..<100).map { _ in near() }
    let share = try recall(queries, in: index([others, new], dimension: dimension))
    #expect(share >= 0.975, "recall is \(share)")
  }

  @Test("what comes sorted is found, at once and in batches", arguments: [12_000, 1_000, 250])
  func sorted(batch: Int) throws {
    func batches(_ rows: [[Float]]) -> [[[Float]]] {
      stride(from: 0, to: rows.count, by: batch).map { Array(rows[$0..<min($0 + batch, rows.count)]) }
    }
    let line = (0..<12_000).map { [Float($0)] }
    let between = (0..<200).map { [Float($0 * 59 % 12_000) + 0.4] }
    let onLine = try recall(between, in: index(batches(line), dimension: 1))
    #expect(onLine >= 0.99, "recall on a line is \(onLine)")
    // As the moments of a series.
    var random = Seeded(5)
    var place = [Float](repeating: 0, count: 16)
    let walk = (0..<12_000).map { _ in
      place = place.map { $0 * 0.999 + 0.1 * random.normal() }
      return place
    }
    let moments = (0..<200).map { number in walk[number * 59].map { $0 + 0.02 * random.normal() } }
    let onWalk = try recall(moments, in: index(batches(walk), dimension: 16))
    #expect(onWalk >= 0.99, "recall on a walk is \(onWalk)")
  }
}
