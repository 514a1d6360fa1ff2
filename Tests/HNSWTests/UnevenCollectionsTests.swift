import Foundation
import HNSW
import Seeded
import Testing

@Suite("Collections of clusters, and of vectors that differ in length")
struct UnevenCollectionsTests {
  private static let dimension = 32

  /// Two hundred clusters far from each other.
  private struct Clusters {
    private let centres: [[Float]]
    private var random = Seeded(71)

    init() {
      var random = Seeded(70)
      centres = (0..<200).map { _ in (0..<dimension).map { _ in Float.random(in: -10...10, using: &random) } }
    }

    mutating func next() -> [Float] {
      let centre = centres[Int.random(in: 0..<centres.count, using: &random)]
      return centre.map { $0 + 0.5 * random.normal() }
    }
  }

  /// How many of the ten nearest of the queries are found by the graph.
  private func found(
    _ queries: [[Float]], ef: Int, in index: HNSWIndex
  ) throws -> Int {
    try queries.reduce(0) { sum, query in
      let nearest = try Set(index.searchExactly(query, k: 10).hits.map(\.id))
      let hits = try #require(try index.searchGraph(query, ef: ef))
      return sum + nearest.intersection(hits.prefix(10).map(\.id)).count
    }
  }

  @Test(
    "a search finds its cluster among many, in a graph made at once and in one that grew",
    arguments: [
      (Metric.euclidean, false, 20_000), (.cosine, false, 20_000), (.euclidean, true, 20_000), (.euclidean, false, 250),
    ])
  func clusters(metric: Metric, isCompact: Bool, piece: Int) throws {
    var clusters = Clusters()
    let index = try HNSWIndex(
      dimension: Self.dimension, metric: metric,
      parameters: .init(vectors: isCompact ? .file(folder: NSTemporaryDirectory()) : .memory))
    for start in stride(from: Int64(0), to: 20_000, by: piece) {
      let rows = (0..<piece).flatMap { _ in clusters.next() }
      try rows.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(start..<start + Int64(piece))) }
    }
    try index.checkInvariants()
    let queries = (0..<200).map { _ in clusters.next() }
    let count = try found(queries, ef: 24, in: index)
    #expect(count >= 1_960, "recall is \(Double(count) / 2_000)")
  }

  @Test("lengths that differ a thousandfold take nothing from the answers")
  func lengths() throws {
    let dimension = 64
    var random = Seeded(72)
    // A brightness of its own, and a pattern that is faint in some and strong in others.
    func next() -> [Float] {
      let brightness = Float.random(in: -100...100, using: &random)
      let contrast = exp(1.2 * random.normal())
      return random.normals(dimension, scale: contrast).map { $0 + brightness }
    }
    let index = try HNSWIndex(dimension: dimension, metric: .euclidean)
    let rows = (0..<8_000).flatMap { _ in next() }
    try rows.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<8_000)) }
    let queries = (0..<200).map { _ in next() }
    // Codes of whole vectors say little of so faint differences: what they leave open is compared exactly.
    let few = try found(queries, ef: 64, in: index)
    #expect(few >= 1_950, "recall is \(Double(few) / 2_000)")
    let many = try found(queries, ef: 400, in: index)
    #expect(many >= 1_990, "recall is \(Double(many) / 2_000)")
  }
}
