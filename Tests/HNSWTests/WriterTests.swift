import Foundation
import HNSW
import Seeded
import Synchronization
import Testing

@Suite("Searches in all forms beside a writer that changes everything")
struct WriterTests {
  private final class Progress: Sendable {
    let done = Atomic<Bool>(false)
    let searches = Atomic<Int>(0)
  }

  struct Setting: CustomTestStringConvertible, Sendable {
    var collection: HardCollection
    var metric: Metric
    var dimension: Int
    var M: Int
    var threads: Int
    var isMapped = false

    var testDescription: String { "\(collection.rawValue), \(metric), \(dimension) values, M \(M), \(threads) threads" }

    static let all = [
      Setting(collection: .normal, metric: .euclidean, dimension: 24, M: 8, threads: 2),
      Setting(collection: .normal, metric: .dot, dimension: 96, M: 16, threads: 3, isMapped: true),
      Setting(collection: .farClusters, metric: .euclidean, dimension: 33, M: 3, threads: 4),
      Setting(collection: .fiveDistinct, metric: .cosine, dimension: 7, M: 5, threads: 1),
      Setting(collection: .constant, metric: .euclidean, dimension: 2, M: 2, threads: 2),
      // Searches begin at the longest vectors, which are removed like others.
      Setting(collection: .line, metric: .dot, dimension: 24, M: 4, threads: 2),
      Setting(collection: .oneHot, metric: .cosine, dimension: 200, M: 40, threads: 2),
    ]
  }

  /// What an id stands for: its vector follows from it and its version, so that nobody has to be asked.
  private static func vector(_ id: Int64, version: Int, _ setting: Setting) -> [Float] {
    setting.collection.vector(Int(id), dimension: setting.dimension, seed: UInt64(version))
  }

  /// 0…199 are always there; 200…399 change between two versions; 400…1999 come and go, many at a time.
  private static func change(
    _ index: HNSWIndex, _ setting: Setting, _ random: inout Seeded, _ absent: inout Set<Int64>
  ) throws {
    func add(_ ids: [Int64]) throws {
      let values = ids.flatMap { vector($0, version: 0, setting) }
      try values.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: ids) }
      absent.subtract(ids)
    }
    switch Int.random(in: 0..<10, using: &random) {
    case 0: try add(Array(absent.sorted().shuffled(using: &random).prefix(400)))
    case 1:
      for id in (400..<2_000 as Range<Int64>).filter({ !absent.contains($0) }).shuffled(using: &random).prefix(400) {
        #expect(index.remove(id: id))
        absent.insert(id)
      }
    case 2: index.sweep()
    case 3..<6:
      for id in absent.sorted().shuffled(using: &random).prefix(5) {
        try index.add(vector(id, version: 0, setting), id: id)
        absent.remove(id)
      }
    default:
      for _ in 0..<10 {
        let id = Int64.random(in: 200..<400, using: &random)
        try index.update(vector(id, version: Int.random(in: 0...1, using: &random), setting), id: id)
      }
    }
  }

  @Test(
    "every hit was in the index during the search, at its exact distance; k are found; ids once",
    arguments: Setting.all)
  func hitsAreReal(setting: Setting) async throws {
    let index = try HNSWIndex(
      dimension: setting.dimension, metric: setting.metric,
      parameters: .init(
        M: setting.M, efConstruction: 30, exactBelow: 0, threads: setting.threads,
        vectors: setting.isMapped ? .file(folder: NSTemporaryDirectory()) : .memory))
    // Learned from these: it is learned anew under the searches.
    for id in 0..<400 as Range<Int64> { try index.add(Self.vector(id, version: 0, setting), id: id) }
    let progress = Progress()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { progress.done.store(true, ordering: .releasing) }
        var random = Seeded(5)
        var absent = Set<Int64>(400..<2_000)
        var steps = 0
        while !Task.isCancelled, steps < 150 || progress.searches.load(ordering: .relaxed) < 200 {
          steps += 1
          try Self.change(index, setting, &random, &absent)
          await Task.yield()
        }
        #expect(index.count == 2_000 - absent.count)
      }
      for reader in 0..<3 {
        group.addTask {
          var random = Seeded(UInt64(100 + reader))
          while !progress.done.load(ordering: .acquiring) {
            let place = Int64.random(in: 0..<3_000, using: &random)
            try Self.checkSearch(index, Self.vector(place, version: 7, setting), setting, &random)
            progress.searches.add(1, ordering: .relaxed)
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
    try index.checkInvariants()
    #expect((0..<200 as Range<Int64>).allSatisfy { index.contains(id: $0) })
  }

  private static func checkSearch(
    _ index: HNSWIndex, _ query: [Float], _ setting: Setting, _ random: inout Seeded
  ) throws {
    var isComplete = true
    let hits: [SearchHit]
    switch Int.random(in: 0..<5, using: &random) {
    case 0: hits = try index.searchExactly(query, k: 10).hits
    case 1:
      hits = try index.search(query, k: 10) { $0 % 3 == 0 }.hits
      #expect(hits.allSatisfy { $0.id % 3 == 0 })
    case 2:
      hits = try index.searchGraph(query, ef: 20) ?? []
      isComplete = false
    default: hits = try index.search(query, k: 10, ef: 20).hits
    }
    if isComplete {
      #expect(hits.count == 10)
      #expect(Set(hits.map(\.id)).count == hits.count)
    }
    #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.distance <= $1.distance })
    for hit in hits {
      try #require((0..<2_000).contains(hit.id))
      let versions = (200..<400).contains(hit.id) ? 0...1 : 0...0
      let isReal = versions.contains {
        let expected = BruteForce.distance(setting.metric, query, vector(hit.id, version: $0, setting))
        return abs(expected - Double(hit.distance)) <= 1e-4 * max(1, abs(expected))
      }
      #expect(isReal, "id \(hit.id) at \(hit.distance)")
    }
  }

  @Test("a search comes to its end when the codes it began with are replaced and the graph outgrows them")
  func codesAreReplacedUnderASearch() throws {
    let dimension = 512
    let index = try HNSWIndex(
      dimension: dimension, metric: .euclidean, parameters: .init(M: 4, efConstruction: 10, exactBelow: 0))
    var random = Seeded(1)
    func add(_ ids: Range<Int64>) throws {
      let values = random.normals(ids.count * dimension)
      try values.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(ids)) }
    }
    try add(0..<500)
    try add(500..<2_000)
    for place in 0..<8 as Range<Int64> {
      let start = 10_000 + place * 100_000
      let query = random.normals(dimension)
      var isChanged = false
      // The filter runs inside the search and lets so much through that it looks again, wider.
      let hits = try index.search(query, k: 8, ef: 8) { id in
        if !isChanged {
          isChanged = true
          // The projection is learned anew on the way.
          #expect(throws: Never.self) { try add(start..<start + (place == 0 ? 3_000 : 300)) }
        }
        return id % 2 == 0
      }.hits
      #expect(isChanged)
      #expect(hits.count == 8)
      #expect(hits.allSatisfy { $0.id % 2 == 0 })
    }
    try index.checkInvariants()
  }
}
