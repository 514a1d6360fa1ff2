import CKernels
import HNSW
import Seeded
import Testing

@Suite("The same operations make the same index")
struct ThreadsTests {
  struct Setting: CustomTestStringConvertible, Sendable {
    var metric: Metric
    var dimension: Int
    var M: Int
    var count: Int

    var testDescription: String { "\(metric), \(dimension) values, M \(M)" }

    static let all = [
      Setting(metric: .euclidean, dimension: 24, M: 8, count: 1_500),
      Setting(metric: .cosine, dimension: 100, M: 16, count: 1_000),
      Setting(metric: .dot, dimension: 200, M: 5, count: 700),
      Setting(metric: .euclidean, dimension: 3, M: 2, count: 1_500),
      Setting(metric: .cosine, dimension: 2, M: 40, count: 800),
    ]
  }

  /// The digest after every stage of a life in which all ways to change an index occur; the projection is learned at the
  /// 64th vector and again when there were eight times as many.
  private static func life(
    _ setting: Setting, threads: Int, kernels: ck_code_kernels = ck_best_code_kernels().pointee
  ) throws -> [HNSWIndex.Digest] {
    let index = try HNSWIndex(
      dimension: setting.dimension, metric: setting.metric,
      parameters: .init(M: setting.M, efConstruction: 40, seed: 9, exactBelow: 0, threads: threads),
      kernels: ck_best_kernels().pointee, codeKernels: kernels)
    var random = Seeded(UInt64(setting.dimension))
    var next: Int64 = 0
    var digests: [HNSWIndex.Digest] = []
    func bulk(_ count: Int) throws {
      let values = random.normals(count * setting.dimension)
      let ids = (next..<next + Int64(count)).map { $0 }
      next += Int64(count)
      try values.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: ids) }
      digests.append(index.digest())
    }
    func single(_ count: Int) throws {
      for _ in 0..<count {
        try index.add(random.normals(setting.dimension), id: next)
        next += 1
      }
      digests.append(index.digest())
    }
    func remove(every step: Int64, from first: Int64) {
      for id in stride(from: first, to: next, by: Int(step)) { index.remove(id: id) }
      digests.append(index.digest())
    }
    try single(60)
    try bulk(30)
    try single(200)
    try bulk(setting.count)
    remove(every: 3, from: 1)
    try bulk(setting.count / 3)
    for id in stride(from: 0, to: 300 as Int64, by: 3) { try index.update(random.normals(setting.dimension), id: id) }
    index.sweep()
    try single(50)
    remove(every: 2, from: 0)
    index.sweep()
    try bulk(setting.count / 2)
    try index.checkInvariants()
    return digests
  }

  @Test("links and codes are the same bytes on one, two, three and four threads", arguments: Setting.all)
  func threads(setting: Setting) throws {
    let one = try Self.life(setting, threads: 1)
    #expect(Set(one).count == one.count, "changes leave a trace")
    for threads in 2...4 {
      let digests = try Self.life(setting, threads: threads)
      for (stage, (expected, found)) in zip(one, digests).enumerated() {
        #expect(found.links == expected.links, "links of stage \(stage) on \(threads) threads")
        #expect(found.codes == expected.codes, "codes of stage \(stage) on \(threads) threads")
      }
      #expect(digests.count == one.count)
    }
  }

  @Test("links and codes are the same bytes for all code kernels of this processor", arguments: [0, 2, 4])
  func codeKernels(place: Int) throws {
    let setting = Setting.all[place]
    let best = try Self.life(setting, threads: 2)
    for variant in 0..<8 {
      guard let kernels = ck_code_kernels_of(Int32(variant))?.pointee else { continue }
      #expect(try Self.life(setting, threads: 2, kernels: kernels) == best, "code kernels \(variant)")
    }
  }

  @Test("vectors of twice the length have the same links and other codes, and the digest says so")
  func digestsDiffer() throws {
    func digest(scale: Float) throws -> HNSWIndex.Digest {
      let index = try HNSWIndex(dimension: 8, metric: .euclidean)
      var random = Seeded(4)
      for id in 0..<200 as Range<Int64> { try index.add(random.normals(8, scale: scale), id: id) }
      return index.digest()
    }
    let (first, second) = (try digest(scale: 1), try digest(scale: 2))
    #expect(first.links == second.links)
    #expect(first.codes != second.codes)
    #expect(try digest(scale: 1) == first)
  }

  @Test(
    "a first batch that is given up leaves those that were there before linked, and the index sound",
    arguments: [2, 50])
  func givenUp(dimension: Int) throws {
    struct Enough: Error {}
    for calls in [1, 2, 5] {
      let index = try HNSWIndex(dimension: dimension, metric: .euclidean, parameters: .init(exactBelow: 0))
      var random = Seeded(UInt64(dimension))
      let before = (0..<40).map { _ in random.normals(dimension) }
      for (id, vector) in before.enumerated() { try index.add(vector, id: Int64(id)) }
      let rows = (0..<1_000).flatMap { _ in random.normals(dimension) }
      var heard: [Int] = []
      #expect(throws: Enough.self) {
        try rows.withUnsafeBufferPointer {
          try index.add(contentsOf: $0, ids: Array(100..<1_100)) { done in
            heard.append(done)
            if heard.count == calls { throw Enough() }
          }
        }
      }
      #expect(heard.allSatisfy { $0 <= 1_000 } && heard == heard.sorted(), "\(heard)")
      #expect(index.count == 40)
      try index.checkInvariants()
      index.sweep()
      try index.checkInvariants()
      for (id, vector) in before.enumerated() {
        #expect(try index.search(vector, k: 1, ef: 64).hits.first?.id == Int64(id))
      }
      try rows.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: Array(100..<1_100)) }
      try index.checkInvariants()
      #expect(index.count == 1_040)
    }
  }
}
