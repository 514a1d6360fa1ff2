import HNSW
import Seeded
import Testing

@Suite("Determinism")
struct DeterminismTests {
  private func build(seed: UInt64) throws -> HNSWIndex {
    let index = try HNSWIndex(
      dimension: 24, metric: .euclidean, parameters: .init(M: 8, efConstruction: 50, seed: seed))
    var random = Seeded(3)
    for id in 0..<2_000 as Range<Int64> {
      try index.add(random.normals(24), id: id)
      if id % 5 == 4 { index.remove(id: id - 3) }
      if id % 7 == 6 { try index.update(random.normals(24), id: id) }
    }
    return index
  }

  @Test("the same seed and the same operations make the same rows, slot for slot")
  func sameSeedSameGraph() throws {
    let (first, second) = (try build(seed: 42).rows(), try build(seed: 42).rows())
    #expect(first.count > 1_500)
    #expect(first.keys == second.keys)
    for (slot, node) in first {
      let other = try #require(second[slot])
      #expect(node.id == other.id)
      #expect(node.neighbours == other.neighbours)
    }
  }

  @Test("another seed makes another graph, and the exact answers stay")
  func otherSeed() throws {
    let (first, second) = (try build(seed: 42), try build(seed: 43))
    let (a, b) = (first.rows(), second.rows())
    #expect(a.contains { b[$0.key]?.neighbours != $0.value.neighbours })
    var random = Seeded(77)
    for _ in 0..<20 {
      let query = random.normals(24)
      #expect(try first.searchExactly(query, k: 10) == second.searchExactly(query, k: 10))
    }
  }

  @Test("levels thin out by M")
  func levels() throws {
    let index = try HNSWIndex(dimension: 1, metric: .euclidean, parameters: .init(M: 4, efConstruction: 1))
    for id in 0..<4_000 as Range<Int64> { try index.add([Float(id)], id: id) }
    let heights = index.rows().values.map { $0.neighbours.count - 1 }
    let (one, two) = (heights.count { $0 >= 1 }, heights.count { $0 >= 2 })
    #expect((850...1_150).contains(one), "\(one) of 4000 on level 1, expected about 1000")
    #expect((180...330).contains(two), "\(two) of 4000 on level 2, expected about 250")
  }
}
