import HNSW
import Seeded
import Synchronization
import Testing

@Suite("Searches beside a writer")
struct ConcurrencyTests {
  private final class Progress: Sendable {
    let done = Atomic<Bool>(false)
    let searches = Atomic<Int>(0)
  }

  /// The vector of an id in one of its versions: what a search may find is known without asking anyone.
  static func vector(_ id: Int64, version: Int, dimension: Int) -> [Float] {
    var random = Seeded(UInt64(bitPattern: id) &* 31 &+ UInt64(version))
    return random.normals(dimension)
  }

  @Test("every hit is a vector that was in the index, at exactly its distance", arguments: [false, true])
  func hitsAreReal(forcingGraph: Bool) async throws {
    let dimension = 24
    let index = try HNSWIndex(
      dimension: dimension, metric: .euclidean,
      parameters: .init(M: 5, efConstruction: 30, exactBelow: forcingGraph ? 0 : 200))
    let model = BruteForce.self
    for id in 0..<300 as Range<Int64> { try index.add(Self.vector(id, version: 0, dimension: dimension), id: id) }
    let progress = Progress()

    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { progress.done.store(true, ordering: .releasing) }
        var random = Seeded(5)
        // Ids 0..<100 stay as they are, 100..<200 change between two versions, 200... come and go.
        var absent: Set<Int64> = []
        var steps = 0
        while !Task.isCancelled, steps < 4_000 || progress.searches.load(ordering: .relaxed) < 500 {
          steps += 1
          if steps % 16 == 0 { await Task.yield() }
          let id = Int64.random(in: 100..<600, using: &random)
          if id < 200 {
            let version = Int.random(in: 0...1, using: &random)
            try index.update(Self.vector(id, version: version, dimension: dimension), id: id)
          } else if id < 300 ? absent.contains(id) : !index.contains(id: id) {
            try index.add(Self.vector(id, version: 0, dimension: dimension), id: id)
            absent.remove(id)
          } else {
            #expect(index.remove(id: id))
            absent.insert(id)
          }
        }
      }
      for reader in 0..<3 {
        group.addTask {
          var random = Seeded(UInt64(100 + reader))
          while !progress.done.load(ordering: .acquiring) {
            let query = random.normals(dimension)
            let answer = try Self.answer(index, query, &random)
            progress.searches.add(1, ordering: .relaxed)
            await Task.yield()
            #expect(answer.count == 10)
            #expect(Set(answer.map(\.id)).count == answer.count)
            for hit in answer {
              let versions = (100..<200).contains(hit.id) ? 0...1 : 0...0
              let distances = versions.map {
                model.distance(.euclidean, query, Self.vector(hit.id, version: $0, dimension: dimension))
              }
              #expect(distances.contains { abs($0 - Double(hit.distance)) < 1e-4 }, "id \(hit.id)")
            }
          }
        }
      }
      try await group.waitForAll()
    }
    try index.checkInvariants()
    for id in 0..<100 as Range<Int64> {
      #expect(index.vector(id: id) == Self.vector(id, version: 0, dimension: dimension))
    }
  }

  private static func answer(_ index: HNSWIndex, _ query: [Float], _ random: inout Seeded) throws -> [SearchHit] {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: try index.searchExactly(query, k: 10).hits
    case 1: try index.search(query, k: 10) { $0 % 2 == 0 }.hits
    default: try index.search(query, k: 10, ef: 20).hits
    }
  }

  @Test("what is added or removed before a search begins is seen by it, whoever did it")
  func writersTakeTurns() async throws {
    let index = try HNSWIndex(dimension: 8, metric: .cosine, parameters: .init(M: 6, efConstruction: 40))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 as Range<Int64> {
        group.addTask {
          for i in 0..<300 as Range<Int64> {
            let id = writer * 1_000 + i
            let vector = Self.vector(id, version: 0, dimension: 8)
            try index.add(vector, id: id)
            #expect(index.contains(id: id))
            #expect(try index.search(vector, k: 1, ef: 50).hits.first?.distance ?? 1 < 1e-6)
            if i % 3 == 2 {
              #expect(index.remove(id: id))
              #expect(try !index.search(vector, k: 5, ef: 50).hits.contains { $0.id == id })
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(index.count == 800)
    try index.checkInvariants()
  }
}
