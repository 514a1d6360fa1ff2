import Foundation
import HNSW
import Seeded
import Testing

/// A life of an index: the collection, the shape of the graph, the threads.
struct Life: CustomTestStringConvertible, Sendable {
  var collection: HardCollection
  var metric: Metric
  var dimension: Int
  var M: Int
  var threads: Int
  var isMapped: Bool
  var seed: UInt64

  var testDescription: String {
    "\(collection.rawValue), \(metric), \(dimension) values, M \(M), \(threads) threads"
      + (isMapped ? ", in a file" : "")
  }

  /// Every collection under every metric; dimensions, M and threads in turn.
  static let all: [Life] = {
    let dimensions = [1, 2, 7, 24, 33, 96, 200]
    let degrees = [2, 3, 5, 16, 40]
    var lives: [Life] = []
    for collection in HardCollection.allCases {
      for metric in Metric.allCases {
        let i = lives.count
        lives.append(
          Life(
            collection: collection, metric: metric, dimension: dimensions[i % 7], M: degrees[i % 5], threads: 1 + i % 4,
            isMapped: i % 3 == 1, seed: UInt64(i)))
      }
    }
    return lives
  }()
}

@Suite("Hard collections")
struct HardCollectionsTests {
  @Test("every form of search tells the truth in every life of an index, and nothing is lost", arguments: Life.all)
  func truth(life: Life) throws {
    var pair = try LivingPair(life)
    for step in 0..<100 {
      try pair.step()
      #expect(pair.index.count == pair.model.vectors.count)
      if step % 4 == 3 { try pair.checkSearches() }
      if step % 25 == 24 { try pair.index.checkInvariants() }
    }
    try pair.index.checkInvariants()
    #expect(pair.most > 600, "the life had \(pair.most) vectors at most")
    #expect(pair.wanted > 150)
    let share = Double(pair.found) / Double(max(pair.wanted, 1))
    #expect(share >= pair.leastShare, "the graph alone found \(pair.found) of \(pair.wanted)")
  }
}

/// An index and its model, changed together.
struct LivingPair {
  let life: Life
  let index: HNSWIndex
  var model: BruteForce
  var random: Seeded
  private var steps = 0
  private var nextID: Int64 = 0
  private(set) var most = 0
  /// Of the ten nearest of queries, how many there were and how many the graph alone found.
  private(set) var wanted = 0
  private(set) var found = 0

  init(_ life: Life) throws {
    self.life = life
    index = try HNSWIndex(
      dimension: life.dimension, metric: life.metric,
      parameters: .init(
        M: life.M, efConstruction: 50, seed: life.seed, exactBelow: 0, threads: life.threads,
        vectors: life.isMapped ? .file(folder: NSTemporaryDirectory()) : .memory))
    model = BruteForce(metric: life.metric)
    random = Seeded(life.seed &+ 1_000)
  }

  /// What graphs and codes can be held to: most of what is near, but where the graph is thin (M of 2 or 3), where vectors
  /// of many dimensions lead nowhere, or where they differ by less than codes tell: then some.
  var leastShare: Double {
    switch life.collection {
    case .oneDominates, .farClusters: 0.1
    case .tiny where life.metric != .cosine: 0.1
    case .normal, .tiny, .huge, .vast: life.dimension > 24 || life.M < 5 ? 0.3 : 0.9
    default: life.M < 5 || life.metric == .dot ? 0.5 : 0.9
    }
  }

  private mutating func draw() -> [Float] {
    return life.collection.vector(Int(random.next() % 5_000), dimension: life.dimension, seed: life.seed)
  }

  mutating func step() throws {
    defer { most = max(most, model.vectors.count) }
    steps += 1
    switch steps == 20 ? 0 : Int.random(in: 0..<20, using: &random) {
    case 0..<5:
      let count = steps == 20 ? 600 : [1, 2, 40, 90, 300].randomElement(using: &random) ?? 1
      let vectors = (0..<count).map { _ in draw() }
      let ids = (nextID..<nextID + Int64(count)).map { $0 &* 0x1_0000_0001 }
      nextID += Int64(count)
      try vectors.flatMap { $0 }.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: ids) }
      for (id, vector) in zip(ids, vectors) { model[id] = vector }
    case 5..<11:
      let vector = draw()
      try index.add(vector, id: -1 - nextID)
      model[-1 - nextID] = vector
      nextID += 1
    case 11..<14:
      guard let id = model.vectors.keys.min(by: { mixed($0) < mixed($1) }) else { return }
      let vector = draw()
      try index.update(vector, id: id)
      model[id] = vector
    case 14..<19:
      // Some, or a quarter, at times all but a few.
      let share = [0, 0, 0, 4, 4, 100].randomElement(using: &random) ?? 0
      let ids = model.ids
      let count = share == 0 ? min(10, ids.count) : share == 100 && ids.count > 600 ? ids.count - 20 : ids.count / 4
      for id in ids.shuffled(using: &random).prefix(count) {
        #expect(index.remove(id: id))
        model[id] = nil
      }
    default: index.sweep()
    }
  }

  private mutating func mixed(_ id: Int64) -> Int64 { id &* 0x5DEE_CE66_D &+ Int64(truncatingIfNeeded: life.seed) }

  mutating func checkSearches() throws {
    let query = draw()
    let live = model.vectors.count
    let k = [1, 10, live, live + 7].randomElement(using: &random) ?? 1
    try check(try index.search(query, k: k, ef: 40).hits, query, count: min(k, live))
    let divisor: Int64 = [2, 7, 50].randomElement(using: &random) ?? 2
    let isAllowed: @Sendable (Int64) -> Bool = { $0 % divisor == 0 }
    let allowed = model.vectors.keys.count { isAllowed($0) }
    let some = try index.search(query, k: 10, where: isAllowed).hits
    try check(some, query, count: min(10, allowed))
    #expect(some.allSatisfy { isAllowed($0.id) })
    let exact = try index.searchExactly(query, k: 10).hits
    try check(exact, query, count: min(10, live))
    let truth = steps % 3 == 0 ? model.nearest(query, k: 10) : []
    for (hit, expected) in zip(exact, truth) { #expect(isNear(hit.distance, expected.1)) }
    guard let last = exact.last, let hits = try index.searchGraph(query, ef: 40) else { return }
    try check(hits, query, count: nil)
    // By distance, as copies of a vector are equally good answers.
    wanted += exact.count
    found += hits.prefix(10).count { $0.distance <= last.distance }
  }

  /// Hits are live, each once, in order, at their exact distances.
  private func check(_ hits: [SearchHit], _ query: [Float], count: Int?) throws {
    if let count { #expect(hits.count == count) }
    #expect(Set(hits.map(\.id)).count == hits.count)
    #expect(
      zip(hits, hits.dropFirst()).allSatisfy {
        $0.distance < $1.distance || ($0.distance == $1.distance && $0.id < $1.id)
      })
    for hit in hits.prefix(12) {
      let vector = try #require(model[hit.id], "id \(hit.id) is not live")
      #expect(isNear(hit.distance, BruteForce.distance(life.metric, query, vector)))
      #expect(try index.distance(from: query, to: hit.id) == hit.distance)
    }
  }

  /// Whether a distance is the one in double precision but for what float32 rounds of the values themselves.
  private func isNear(_ distance: Float, _ expected: Double) -> Bool {
    let scale: Double =
      switch (life.collection, life.metric) {
      case (_, .cosine): 1
      case (.tiny, .euclidean): 1e-18
      case (.tiny, .dot): 1e-36
      case (.huge, .euclidean): 1e15
      case (.huge, .dot): 1e30
      case (.vast, .euclidean): 6e18
      case (.vast, .dot): 3.6e37
      case (.farClusters, .dot): 1e8 * Double(life.dimension)
      case (.oneDominates, .dot): 1e12
      default: 1
      }
    return abs(Double(distance) - expected) <= 1e-4 * max(scale, abs(expected))
  }
}
