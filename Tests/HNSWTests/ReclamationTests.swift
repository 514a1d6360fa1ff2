import HNSW
import Seeded
import Testing

@Suite("Slots of removed nodes")
struct ReclamationTests {
  private func slot(of id: Int64, in index: HNSWIndex) -> UInt32? {
    index.rows().first { $0.value.id == id }?.key
  }

  @Test("a slot is not used again under a search that could stand on it, and is used again after it")
  func reuseWaitsForSearches() throws {
    let index = try HNSWIndex(dimension: 4, metric: .euclidean)
    var random = Seeded(1)
    for id in 0..<200 as Range<Int64> { try index.add(random.normals(4), id: id) }
    let freed = try #require(slot(of: 50, in: index))
    var duringSearch: UInt32?
    // The filter runs inside the search.
    let result = try index.search(random.normals(4), k: 3) { [vector = random.normals(4)] id in
      if index.remove(id: 50) {
        index.sweep()
        #expect(throws: Never.self) { try index.add(vector, id: 1_000) }
        duringSearch = slot(of: 1_000, in: index)
      }
      return id != 50
    }
    #expect(result.hits.count == 3)
    #expect(duringSearch != nil)
    #expect(duringSearch != freed)
    try index.add(random.normals(4), id: 1_001)
    #expect(slot(of: 1_001, in: index) == freed)
    try index.checkInvariants()
  }

  @Test("changing all vectors again and again takes no more memory than once")
  func memoryStays() throws {
    let index = try HNSWIndex(dimension: 32, metric: .cosine, parameters: .init(M: 8, efConstruction: 40))
    var random = Seeded(2)
    for id in 0..<500 as Range<Int64> { try index.add(random.normals(32), id: id) }
    for id in 0..<500 as Range<Int64> { try index.update(random.normals(32), id: id) }
    let once = index.memory
    for _ in 0..<4 {
      for id in 0..<500 as Range<Int64> { try index.update(random.normals(32), id: id) }
    }
    #expect(index.memory.vectors == once.vectors)
    #expect(index.memory.ids == once.ids)
    #expect(Double(index.memory.links) < 1.05 * Double(once.links))
    try index.checkInvariants()
  }

  @Test("removing a random fifth and adding as many again, round for round, takes no more memory", arguments: [1, 3])
  func memoryStaysUnderChurn(threads: Int) throws {
    let index = try HNSWIndex(
      dimension: 48, metric: .euclidean, parameters: .init(M: 6, efConstruction: 20, threads: threads))
    var random = Seeded(6)
    func add(_ ids: Range<Int64>) throws {
      let values = random.normals(ids.count * 48)
      try values.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(ids)) }
    }
    try add(0..<1_500)
    var inside = Array(0..<1_500 as Range<Int64>)
    var before: HNSWIndex.Memory?
    for round in 1...8 as ClosedRange<Int64> {
      inside.shuffle(using: &random)
      for id in inside.suffix(300) { #expect(index.remove(id: id)) }
      index.sweep()
      try add(round * 10_000..<round * 10_000 + 300)
      inside = inside.dropLast(300) + Array(round * 10_000..<round * 10_000 + 300)
      let memory = index.memory
      #expect(memory.vectors == 1_500 * 48 * 4)
      // Levels are drawn anew, so that a few more nodes may have upper ones.
      if let before {
        #expect(memory.ids == before.ids)
        #expect(Double(memory.links) < 1.05 * Double(before.links))
        #expect(Double(memory.codes) < 1.05 * Double(before.codes))
        #expect(Double(memory.total) < 1.05 * Double(before.total))
      }
      before = before ?? memory
    }
    #expect(index.count == 1_500)
    try index.checkInvariants()
  }

  @Test("after ten rounds of replacing a fifth, the graph finds what a fresh one finds")
  func churn() throws {
    let gallery = SyntheticGallery(count: 9_000, dimension: 48, identities: 1_500, queries: 150, seed: 3)
    func row(_ i: Int) -> [Float] { Array(gallery.base[i * 48..<(i + 1) * 48]) }
    let churned = try HNSWIndex(dimension: 48, metric: .euclidean, parameters: .init(efConstruction: 80))
    for i in 0..<3_000 { try churned.add(row(i), id: Int64(i)) }
    // A window that moves over the vectors: 600 go, 600 come.
    for round in 0..<10 {
      for i in 0..<600 { #expect(churned.remove(id: Int64(round * 600 + i))) }
      for i in 0..<600 { try churned.add(row(3_000 + round * 600 + i), id: Int64(3_000 + round * 600 + i)) }
    }
    let fresh = try HNSWIndex(dimension: 48, metric: .euclidean, parameters: .init(efConstruction: 80))
    for i in 6_000..<9_000 { try fresh.add(row(i), id: Int64(i)) }
    try churned.checkInvariants()
    func found(_ index: HNSWIndex) throws -> Int {
      try (0..<150).reduce(0) { sum, i in
        let truth = Set(try index.searchExactly(gallery.query(i), k: 10).hits)
        return sum + truth.intersection(try index.searchGraph(gallery.query(i), ef: 32)!.prefix(10)).count
      }
    }
    let (before, after) = (try found(fresh), try found(churned))
    #expect(after >= before - 15, "\(after) of 1500 instead of \(before)")
  }
}
