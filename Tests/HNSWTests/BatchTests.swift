import HNSW
import Seeded
import Testing

@Suite("Batches of queries")
struct BatchTests {
  @Test("a batch gives what each query alone gives, in order", arguments: [0, 1, 3, 101])
  func same(count: Int) throws {
    let index = try SearchTests.filled(4_000)
    var random = Seeded(41)
    let queries = (0..<count).map { _ in random.normals(12) }
    let all = queries.flatMap { $0 }
    let some = IDSet((0..<2_000).map { $0 * 3 })
    #expect(try index.search(batch: all, k: 7) == queries.map { try index.search($0, k: 7) })
    #expect(try index.search(batch: all, k: 7, ef: 9) == queries.map { try index.search($0, k: 7, ef: 9) })
    #expect(try index.search(batch: all, k: 7, where: some) == queries.map { try index.search($0, k: 7, where: some) })
    #expect(
      try index.search(batch: all, k: 7) { $0 % 2 == 0 } == queries.map { try index.search($0, k: 7) { $0 % 2 == 0 } })
    #expect(
      try index.search(batch: all, k: 7, recall: 0.9) == queries.map { try index.search($0, k: 7, recall: 0.9) })
  }

  @Test("a batch with a query that cannot be searched for is refused by its number")
  func refused() throws {
    let index = try SearchTests.filled(100)
    var queries = [Float](repeating: 1, count: 12 * 50)
    #expect(throws: IndexError.self) { try index.search(batch: queries.dropLast() + [], k: 3) }
    queries[12 * 17 + 3] = .nan
    queries[12 * 30] = .nan
    let error = #expect(throws: IndexError.self) { try index.search(batch: queries, k: 3) }
    #expect(error?.description.contains("query 17") == true)
  }
}
