import HNSW
import Seeded
import Testing

/// What a random sequence of operations runs with.
struct Scenario: CustomTestStringConvertible, Sendable {
  var metric: Metric
  var dimension: Int
  var M: Int
  var seed: UInt64
  /// Vectors are drawn from this many points, so that copies are frequent; 0 for all different.
  var distinct = 0

  var testDescription: String {
    "\(metric), \(dimension) values, M \(M), seed \(seed)" + (distinct > 0 ? ", \(distinct) distinct vectors" : "")
  }

  static let all: [Scenario] = Metric.allCases.flatMap { metric in
    [
      Scenario(metric: metric, dimension: 2, M: 4, seed: 1),
      Scenario(metric: metric, dimension: 7, M: 3, seed: 2),
      Scenario(metric: metric, dimension: 16, M: 8, seed: 3),
      Scenario(metric: metric, dimension: 33, M: 16, seed: 4),
      Scenario(metric: metric, dimension: 96, M: 5, seed: 5),
      Scenario(metric: metric, dimension: 3, M: 2, seed: 6),
      Scenario(metric: metric, dimension: 8, M: 4, seed: 7, distinct: 5),
    ]
  }
}

@Suite("Random sequences of operations against brute force")
struct RandomOperationsTests {
  /// An index and its model, changed together.
  struct Pair {
    let index: HNSWIndex
    var model: BruteForce
    var random: Seeded
    let scenario: Scenario
    var nextID: Int64 = 0
    var removed: Set<Int64> = []

    init(_ scenario: Scenario) throws {
      self.scenario = scenario
      index = try HNSWIndex(
        dimension: scenario.dimension, metric: scenario.metric,
        parameters: .init(M: scenario.M, efConstruction: 60, seed: scenario.seed, exactBelow: 0))
      model = BruteForce(metric: scenario.metric)
      random = Seeded(scenario.seed)
    }

    mutating func vector() -> [Float] {
      if scenario.distinct > 0 {
        var point = Seeded(UInt64.random(in: 0..<UInt64(scenario.distinct), using: &random))
        return point.normals(scenario.dimension)
      }
      return random.normals(scenario.dimension)
    }

    mutating func step() throws {
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<55:
        let vector = vector()
        // Ids far apart and negative ones too.
        let id = nextID % 2 == 0 ? nextID : -nextID &* 1_000_000_007
        nextID += 1
        try index.add(vector, id: id)
        model[id] = vector
        removed.remove(id)
      case 55..<85:
        guard let id = model.ids.randomElement(using: &random) else { return }
        #expect(index.remove(id: id))
        model[id] = nil
        removed.insert(id)
      default:
        guard let id = model.ids.randomElement(using: &random) else { return }
        let vector = vector()
        try index.update(vector, id: id)
        model[id] = vector
      }
    }
  }

  @Test(
    "ids and distances are right, nothing removed is returned, k are found when k live, the graph stays whole",
    arguments: Scenario.all)
  func answersAgreeWithTheModel(scenario: Scenario) throws {
    var pair = try Pair(scenario)
    var found = 0
    var wanted = 0
    for step in 0..<900 {
      try pair.step()
      if step % 60 == 59 { try pair.index.checkInvariants() }
      #expect(pair.index.count == pair.model.vectors.count)
      guard step % 6 == 0 else { continue }
      let query = pair.random.normals(scenario.dimension)
      let k = [1, 10, pair.model.vectors.count, pair.model.vectors.count + 7].randomElement(using: &pair.random) ?? 1
      let answer = try pair.index.search(query, k: k, ef: 40)
      try check(answer, query, k, pair)
      let truth = pair.model.nearest(query, k: 10)
      guard let hits = try pair.index.searchGraph(query, ef: 40)?.prefix(10) else { continue }
      // By distance, as copies of a vector are equally good answers.
      let limit = (truth.last?.1 ?? 0) + 1e-5
      wanted += truth.count
      found += hits.count { Double($0.distance) <= limit }
    }
    try pair.index.checkInvariants()
    for id in pair.removed where pair.model[id] == nil { #expect(!pair.index.contains(id: id)) }
    #expect(wanted > 500)
    // The thinnest graphs, the inner product, which is no metric, and vectors of many dimensions without any that lead, of
    // which codes tell little, find less; they still find most.
    let isEasy = scenario.M >= 8 && scenario.metric != .dot && scenario.dimension <= 24
    let least = isEasy ? 0.97 : 0.6
    #expect(Double(found) >= least * Double(wanted), "the graph alone found \(found) of \(wanted)")
  }

  private func check(_ answer: SearchResult, _ query: [Float], _ k: Int, _ pair: Pair) throws {
    let hits = answer.hits
    #expect(hits.count == min(k, pair.model.vectors.count))
    #expect(Set(hits.map(\.id)).count == hits.count)
    #expect(
      zip(hits, hits.dropFirst()).allSatisfy {
        $0.distance < $1.distance || ($0.distance == $1.distance && $0.id < $1.id)
      })
    for hit in hits {
      let vector = try #require(pair.model[hit.id], "id \(hit.id) is not live")
      let expected = BruteForce.distance(scenario(pair).metric, query, vector)
      #expect(abs(Double(hit.distance) - expected) <= 1e-4 * max(1, abs(expected)))
      #expect(try pair.index.distance(from: query, to: hit.id) == hit.distance)
    }
  }

  private func scenario(_ pair: Pair) -> Scenario { pair.scenario }

  @Test("the exact scan is exact, with and without a filter", arguments: Metric.allCases)
  func exactIsExact(metric: Metric) throws {
    var pair = try Pair(Scenario(metric: metric, dimension: 19, M: 4, seed: 11))
    for _ in 0..<500 { try pair.step() }
    for round in 0..<40 {
      let query = pair.random.normals(19)
      let filter: (Int64) -> Bool = round % 2 == 0 ? { _ in true } : { $0 % 3 == 0 }
      let k = 1 + round
      let truth = pair.model.nearest(query, k: k, where: filter)
      let hits = try pair.index.searchExactly(query, k: k, where: round % 2 == 0 ? nil : filter).hits
      #expect(hits.count == truth.count)
      for (hit, expected) in zip(hits, truth) {
        #expect(abs(Double(hit.distance) - expected.1) <= 1e-4 * max(1, abs(expected.1)))
        #expect(filter(hit.id))
      }
    }
  }

  @Test("emptying the index and filling it again leaves nothing of before and takes no new memory")
  func emptiedAndFilledAgain() throws {
    var pair = try Pair(Scenario(metric: .euclidean, dimension: 12, M: 6, seed: 21))
    var bytes: [Int] = []
    for round in 0..<4 {
      for i in 0..<400 {
        let vector = pair.vector()
        try pair.index.add(vector, id: Int64(i))
        pair.model[Int64(i)] = vector
      }
      try pair.index.checkInvariants()
      let query = pair.random.normals(12)
      #expect(try pair.index.search(query, k: 400).hits.count == 400)
      bytes.append(pair.index.memory.vectors)
      for id in pair.model.ids.shuffled(using: &pair.random) {
        #expect(pair.index.remove(id: id))
        pair.model[id] = nil
      }
      try pair.index.checkInvariants()
      #expect(try pair.index.search(query, k: 5).hits.isEmpty, "round \(round)")
    }
    #expect(Set(bytes).count == 1)
  }
}
