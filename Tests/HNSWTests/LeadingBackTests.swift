import HNSW
import Seeded
import Testing

@Suite("Rows that lead back after a removal")
struct LeadingBackTests {
  /// Where a row begins are those that it leads far by, which are the ones that are to lead back.
  private static let beginning = 6

  @Test(
    "whom a row begins to lead to in place of removed nodes leads back to it",
    arguments: [(1, 32), (2, 64), (3, 128)])
  func ledBack(seed: UInt64, dimension: Int) throws {
    var random = Seeded(seed)
    let index = try HNSWIndex(
      dimension: dimension, metric: .euclidean, parameters: .init(M: 8, efConstruction: 60, seed: seed, exactBelow: 0))
    let values = random.normals(3_000 * dimension)
    try values.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(0..<3_000)) }
    let before = index.rows()
    for id in 0..<100 as Range<Int64> { index.remove(id: id * 30) }
    index.sweep()
    let after = index.rows()
    var (new, ledBack) = (0, 0)
    for (slot, node) in after {
      let old = before[slot]?.neighbours[0] ?? []
      for neighbour in node.neighbours[0].prefix(Self.beginning) where !old.contains(neighbour) {
        new += 1
        if after[neighbour]?.neighbours[0].contains(slot) == true { ledBack += 1 }
      }
    }
    try #require(new > 50)
    // Some .65 do; of links that are given without a way back .14 to .31, by chance.
    #expect(Double(ledBack) > 0.45 * Double(new), "\(ledBack) of \(new)")
  }
}
