import Foundation
import HNSW
import Seeded
import Testing

@Suite("Searches that name neither ef nor recall")
struct UsualEffortTests {
  /// Collections of which a short beam finds little.
  enum Hard: String, CaseIterable {
    /// Half are copies of one.
    case copies
    /// Alike in every direction, of some and of many dimensions.
    case normal, normalLong

    var dimension: Int { self == .normalLong ? 1_024 : self == .normal ? 128 : 32 }

    func vector(_ place: Int, _ random: inout Seeded) -> [Float] {
      self == .copies && place % 2 == 0 ? [Float](repeating: 0.1, count: dimension) : random.normals(dimension)
    }
  }

  private func scene(_ hard: Hard, _ metric: Metric) throws -> (index: HNSWIndex, queries: [[Float]]) {
    var random = Seeded(11)
    let index = try HNSWIndex(dimension: hard.dimension, metric: metric)
    let count = hard == .normalLong ? 4_000 : 9_000
    let rows = (0..<count).flatMap { hard.vector($0, &random) }
    try rows.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<Int64(count))) }
    return (index, (0..<100).map { hard.vector($0, &random) })
  }

  /// The share of the ten nearest, of which those at one distance are as good as each other.
  private func recall(_ queries: [[Float]], in index: HNSWIndex, _ search: ([Float]) throws -> SearchResult) throws
    -> Double
  {
    let found = try queries.reduce(0) { sum, query in
      let farthest = try #require(try index.searchExactly(query, k: 10).hits.last).distance
      return sum + (try search(query).hits.count { $0.distance <= farthest })
    }
    return Double(found) / Double(10 * queries.count)
  }

  @Test(
    "they find most of the nearest where a short beam does not",
    arguments: [(Hard.copies, Metric.euclidean), (.normal, .euclidean), (.normal, .cosine), (.normalLong, .cosine)])
  func most(hard: Hard, metric: Metric) throws {
    let (index, queries) = try scene(hard, metric)
    let short = try recall(queries, in: index) { try index.search($0, k: 10, ef: 64) }
    try #require(short < 0.9, "an ef that is named is kept to, and this one is too short here")
    let usual = try recall(queries, in: index) { try index.search($0, k: 10) }
    #expect(usual >= 0.93, "\(usual), by ef 64 \(short)")
    let all = try recall(queries, in: index) { query in
      try index.search(query, k: 10) { _ in true }
    }
    #expect(all >= 0.93, "\(all) with a filter")
    let batched = try index.search(batch: queries.flatMap(\.self), k: 10)
    #expect(try batched.enumerated().allSatisfy { try index.search(queries[$0], k: 10).hits == $1.hits })
    // All that is within a distance, too.
    var (there, within) = (0, 0)
    for query in queries.prefix(40) {
      let nearest = try index.searchExactly(query, k: 20).hits
      let distance = try #require(nearest.last).distance
      there += 20
      within += min(try index.search(query, within: distance).hits.count, 20)
    }
    #expect(Double(within) >= 0.93 * Double(there), "\(within) of \(there)")
  }

  /// The index as a snapshot of it is read.
  private func copy(of index: HNSWIndex) throws -> HNSWIndex {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("snapshot-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    let handle = try FileHandle(forWritingTo: file)
    guard case .written = try index.writeSnapshot(to: handle.fileDescriptor, label: []) else {
      throw CocoaError(.fileWriteUnknown)
    }
    try handle.close()
    let loading = try IndexSnapshot(bytes: [UInt8](Data(contentsOf: file))).load(parameters: index.parameters)
    for piece in 0..<loading.pieces { try loading.readPiece(piece) }
    var hint: UInt32 = 0
    var random = Seeded(11)
    for id in 0..<9_000 {
      _ = Hard.copies.vector(id, &random).withUnsafeBytes { loading.take($0, id: Int64(id), hint: &hint) }
    }
    return try loading.finish().index
  }

  @Test("what was measured is kept in a snapshot, and measured again when much has changed")
  func kept() throws {
    let (index, queries) = try scene(.copies, .euclidean)
    #expect(try index.search(queries[1], k: 10).method == .exact)
    let loaded = try copy(of: index)
    #expect(try loaded.search(queries[1], k: 10).method == .exact)
    // Without the copies there is nothing to fear.
    for id in stride(from: Int64(0), to: 9_000, by: 2) { index.remove(id: id) }
    var random = Seeded(12)
    let others = (0..<8_000).flatMap { _ in random.normals(32) }
    try others.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(10_000..<18_000)) }
    #expect(try index.search(random.normals(32), k: 10).method == .graph)
  }
}
