import HNSW
import Testing

@Suite("Search within a distance")
struct RangeTests {
  @Test("all within the distance are found, in order, and nothing beyond", arguments: Metric.allCases)
  func ranges(metric: Metric) throws {
    let gallery = SyntheticGallery(count: 6_000, dimension: 24, identities: 300, queries: 12, seed: 31)
    let index = try HNSWIndex(dimension: 24, metric: metric)
    try gallery.base.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<6_000)) }
    for id in stride(from: Int64(0), to: 6_000, by: 7) { index.remove(id: id) }
    var found = 0
    var wanted = 0
    var walked = 0
    for i in 0..<12 {
      let query = gallery.query(i)
      let all = try index.searchExactly(query, k: 6_000).hits
      for rank in [0, 3, 20, 150, 1_000, all.count - 1] {
        let distance = all[rank].distance
        let truth = all.filter { $0.distance <= distance }
        let answer = try index.search(query, within: distance)
        #expect(answer.hits.allSatisfy { $0.distance <= distance })
        #expect(answer.hits == answer.hits.sorted { ($0.distance, $0.id) < ($1.distance, $1.id) })
        if answer.method == .exact { #expect(answer.hits == truth) } else { walked += 1 }
        wanted += truth.count
        found += Set(truth).intersection(answer.hits).count
        let limited = try index.search(query, within: distance, limit: 5)
        #expect(limited.hits.count <= 5)
        #expect(limited.hits.allSatisfy { $0.distance <= distance })
      }
    }
    #expect(walked > 0)
    #expect(Double(found) >= 0.99 * Double(wanted), "\(found) of \(wanted)")
  }

  @Test("zero, negative and infinite distances are answered as they say; no number is refused")
  func edges() throws {
    let index = try SearchTests.filled(3_000)
    let query = try #require(index.vector(id: 300))
    #expect(try index.search(query, within: 0).hits.map(\.id) == [300])
    #expect(try index.search(query, within: -0.001).hits.isEmpty)
    #expect(try index.search(query, within: -.infinity).hits.isEmpty)
    #expect(try index.search(query, within: .infinity).hits == index.searchExactly(query, k: 3_000).hits)
    #expect(try index.search(query, within: .greatestFiniteMagnitude).hits.count == 3_000)
    #expect(try index.search(query, within: .infinity, limit: 4).hits == index.searchExactly(query, k: 4).hits)
    #expect(try index.search(query, within: 5, limit: 0).hits.isEmpty)
    #expect(try index.search(query, within: 5, limit: -1).hits.isEmpty)
    #expect(throws: IndexError.self) { try index.search(query, within: .nan) }
    #expect(throws: IndexError.self) { try index.search([1], within: 1) }
    #expect(try HNSWIndex(dimension: 12, metric: .dot).search(query, within: .infinity).hits.isEmpty)
  }
}
