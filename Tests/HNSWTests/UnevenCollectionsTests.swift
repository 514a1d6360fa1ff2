import Foundation
import HNSW
import Seeded
import Testing

@Suite("Collections of groups far from each other, of few dimensions, without any order, and of different lengths")
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

  /// Groups about equally far from each other, as well trained embedders make them of people: members around centres in random
  /// directions, as far from them as `spread` times their length.
  private struct Groups {
    private let centres: [[Float]]
    private let spread: Float
    private var random = Seeded(81)

    init(_ count: Int = 800, dimension: Int, spread: Float) {
      var random = Seeded(80)
      let scale = 1 / Float(dimension).squareRoot()
      centres = (0..<count).map { _ in random.normals(dimension, scale: scale) }
      self.spread = spread * scale
    }

    mutating func next() -> [Float] {
      centres[Int.random(in: 0..<centres.count, using: &random)].map { $0 + spread * random.normal() }
    }
  }

  @Test(
    "a search finds the group it belongs to among hundreds that are nobody's neighbours",
    arguments: [
      (Metric.euclidean, 96, 0.02, 9_600), (.euclidean, 96, 0.003, 9_600), (.cosine, 96, 0.02, 9_600),
      (.dot, 96, 0.02, 9_600), (.cosine, 320, 0.05, 9_600), (.euclidean, 96, 0.02, 300), (.cosine, 96, 0.02, 1),
    ] as [(Metric, Int, Float, Int)])
  func groups(metric: Metric, dimension: Int, spread: Float, piece: Int) throws {
    var groups = Groups(dimension: dimension, spread: spread)
    let index = try HNSWIndex(dimension: dimension, metric: metric)
    let count = piece == 1 ? 2_400 : 9_600
    for start in stride(from: Int64(0), to: Int64(count), by: piece) {
      let rows = (0..<piece).flatMap { _ in groups.next() }
      try rows.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(start..<start + Int64(piece))) }
    }
    try index.checkInvariants()
    let queries = (0..<200).map { _ in groups.next() }
    // The nearest alone: whether its group is found at all.
    let right = try queries.count { query in
      let nearest = try #require(try index.searchExactly(query, k: 1).hits.first)
      return try #require(try index.searchGraph(query, ef: 24)).first?.distance == nearest.distance
    }
    #expect(right >= 190, "the nearest is found for \(right) of 200")
  }

  @Test("groups are found as well after a fifth of their members was replaced again and again")
  func changingGroups() throws {
    let dimension = 64
    var groups = Groups(2_000, dimension: dimension, spread: 0.02)
    let index = try HNSWIndex(dimension: dimension, metric: .euclidean)
    func add(_ ids: Range<Int64>) throws {
      let rows = ids.flatMap { _ in groups.next() }
      try rows.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(ids)) }
    }
    let (count, fifth) = (16_000 as Int64, 3_200 as Int64)
    try add(0..<count)
    var random = Seeded(84)
    var inside = Array(0..<count)
    for round in 1...4 as ClosedRange<Int64> {
      inside.shuffle(using: &random)
      for id in inside.suffix(Int(fifth)) { index.remove(id: id) }
      let new = round * count..<round * count + fifth
      try add(new)
      inside = inside.dropLast(Int(fifth)) + Array(new)
    }
    try index.checkInvariants()
    let found = try found((0..<400).map { _ in groups.next() }, ef: 32, in: index)
    #expect(found >= 3_970, "recall is \(Double(found) / 4_000)")
  }

  @Test("vectors of two and of three values are told apart among many", arguments: [2, 3])
  func fewDimensions(dimension: Int) throws {
    var random = Seeded(82)
    let index = try HNSWIndex(dimension: dimension, metric: .euclidean)
    func next() -> [Float] { (0..<dimension).map { _ in Float.random(in: 0...1, using: &random) } }
    let rows = (0..<30_000).flatMap { _ in next() }
    try rows.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<30_000)) }
    let count = try found((0..<200).map { _ in next() }, ef: 16, in: index)
    #expect(count >= 1_990, "recall is \(Double(count) / 2_000)")
  }

  @Test("vectors of many values without leading directions are told apart", arguments: [false, true])
  func withoutOrder(isCompact: Bool) throws {
    var random = Seeded(83)
    let dimension = 400
    let index = try HNSWIndex(
      dimension: dimension, metric: .cosine,
      parameters: .init(vectors: isCompact ? .file(folder: NSTemporaryDirectory()) : .memory))
    let rows = random.normals(4_000 * dimension)
    try rows.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<4_000)) }
    let count = try found((0..<60).map { _ in random.normals(dimension) }, ef: 800, in: index)
    #expect(count >= 520, "recall is \(Double(count) / 600)")
  }

  /// Vectors of which some have much greater products with nearly everything than others.
  enum Lengthy: String, CaseIterable, CustomTestStringConvertible {
    case toOneSide, onALine, longTailed

    var testDescription: String { rawValue }

    func next(_ dimension: Int, _ random: inout Seeded) -> [Float] {
      switch self {
      case .toOneSide: return (0..<dimension).map { _ in Float.random(in: 0...1, using: &random) }
      case .onALine:
        let brightness = Float.random(in: -100...100, using: &random)
        return random.normals(dimension).map { $0 + brightness }
      case .longTailed: return random.normals(dimension, scale: exp(0.5 * random.normal()))
      }
    }
  }

  @Test(
    "the greatest products are found where they are always those with the longest vectors, also when these are removed",
    arguments: Lengthy.allCases, [false, true])
  func products(_ kind: Lengthy, isCompact: Bool) throws {
    let dimension = 48
    var random = Seeded(85)
    let index = try HNSWIndex(
      dimension: dimension, metric: .dot,
      parameters: .init(vectors: isCompact ? .file(folder: NSTemporaryDirectory()) : .memory))
    let rows = (0..<6_000).map { _ in kind.next(dimension, &random) }
    try rows.flatMap(\.self).withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<6_000)) }
    let queries = (0..<200).map { _ in kind.next(dimension, &random) }
    let all = try found(queries, ef: 48, in: index)
    #expect(all >= 1_760, "recall is \(Double(all) / 2_000)")
    let longest = rows.indices.sorted { squaredLength(rows[$0]) > squaredLength(rows[$1]) }.prefix(1_000)
    for row in longest { index.remove(id: Int64(row)) }
    try index.checkInvariants()
    let others = try found(queries, ef: 48, in: index)
    #expect(others >= 1_760, "recall is \(Double(others) / 2_000)")
  }

  private func squaredLength(_ row: [Float]) -> Float { row.reduce(0) { $0 + $1 * $1 } }

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
