import HNSW
import Testing

@Suite("Refusals")
struct RefusalTests {
  @Test("a bad vector is refused by name, and nothing changes", arguments: Metric.allCases)
  func badVectors(metric: Metric) throws {
    let index = try HNSWIndex(dimension: 3, metric: metric)
    try index.add([1, 2, 3], id: 1)
    var bad: [([Float], IndexError)] = [
      ([1, 2], .wrongDimension(expected: 3, actual: 2)),
      ([], .wrongDimension(expected: 3, actual: 0)),
      ([1, .nan, 3], .notFinite(component: 1)),
      ([1, 2, .infinity], .notFinite(component: 2)),
      ([-.infinity, 2, 3], .notFinite(component: 0)),
    ]
    if metric == .cosine {
      bad.append(([0, 0, 0], .zeroVector))
    } else {
      bad.append(([0, .greatestFiniteMagnitude, 0], .tooLong))
    }
    for (vector, error) in bad {
      #expect(throws: error) { try index.add(vector, id: 2) }
      #expect(throws: error) { try index.update(vector, id: 1) }
      #expect(throws: error) { try index.search(vector, k: 1) }
      #expect(throws: error) { try index.searchExactly(vector, k: 1) }
      #expect(throws: error) { try index.distance(from: vector, to: 1) }
      #expect(!error.description.isEmpty)
    }
    #expect(index.count == 1)
    #expect(!index.contains(id: 2))
    try index.checkInvariants()
    #expect(try index.search([1, 2, 3], k: 1).hits.map(\.id) == [1])
  }

  @Test("lengths at the edge of float32 are compared without NaN or infinity")
  func extremeLengths() throws {
    for metric in [Metric.euclidean, .dot] {
      let index = try HNSWIndex(dimension: 4, metric: metric)
      let large = (Float.greatestFiniteMagnitude / 40).squareRoot()
      try index.add([large, large, -large, large], id: 1)
      try index.add([-large, large, large, -large], id: 2)
      try index.add([.leastNonzeroMagnitude, 0, 0, 0], id: 3)
      let hits = try index.search([large, -large, large, large], k: 3).hits
      #expect(hits.count == 3)
      #expect(hits.allSatisfy { $0.distance.isFinite })
    }
    let index = try HNSWIndex(dimension: 2, metric: .cosine)
    try index.add([.greatestFiniteMagnitude, .greatestFiniteMagnitude], id: 1)
    try index.add([.leastNonzeroMagnitude, 0], id: 2)
    #expect(try index.distance(from: [1e-38, 1e-38], to: 1) ?? 1 < 1e-6)
    #expect(try index.distance(from: [3, 0], to: 2) == 0)
  }

  @Test("an id that is there is not added, one that is not there is not updated")
  func ids() throws {
    let index = try HNSWIndex(dimension: 2, metric: .euclidean)
    try index.add([1, 2], id: 5)
    #expect(throws: IndexError.duplicateID(5)) { try index.add([3, 4], id: 5) }
    #expect(throws: IndexError.unknownID(6)) { try index.update([3, 4], id: 6) }
    #expect(!index.remove(id: 6))
    #expect(index.vector(id: 5) == [1, 2])
    #expect(index.vector(id: 6) == nil)
    for id in [Int64.min, .max, 0, -1] {
      try index.add([0, 0], id: id)
      #expect(index.contains(id: id))
    }
  }

  @Test("a batch is added whole or not at all")
  func batches() throws {
    let index = try HNSWIndex(dimension: 2, metric: .cosine)
    try index.add([1, 1], id: 10)
    func add(_ values: [Float], _ ids: [Int64]) throws {
      try values.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: ids) }
    }
    #expect(throws: IndexError.row(1, id: 2, .zeroVector)) { try add([1, 2, 0, 0], [1, 2]) }
    #expect(throws: IndexError.row(1, id: 1, .duplicateID(1))) { try add([1, 2, 3, 4], [1, 1]) }
    #expect(throws: IndexError.row(0, id: 10, .duplicateID(10))) { try add([1, 2, 3, 4], [10, 1]) }
    #expect(throws: IndexError.unequalCounts(values: 3, ids: 2, dimension: 2)) { try add([1, 2, 3], [1, 2]) }
    #expect(throws: IndexError.row(0, id: 1, .notFinite(component: 1))) { try add([1, .nan], [1]) }
    #expect(index.count == 1)
    try add([], [])
    var last = 0
    try [Float](repeating: 1, count: 600).withUnsafeBufferPointer {
      try index.add(contentsOf: $0, ids: Array(100..<400)) { last = $0 }
    }
    #expect(last == 300)
    #expect(index.count == 301)
  }

  @Test("parameters outside their range are refused")
  func parameters() {
    for dimension in [0, -1, 65_537, Int.max] {
      #expect(throws: IndexError.self) { try HNSWIndex(dimension: dimension, metric: .dot) }
    }
    for parameters in [
      HNSWIndex.Parameters(M: 1), .init(M: 129), .init(M: .max), .init(efConstruction: 0), .init(efConstruction: .max),
    ] {
      #expect(throws: IndexError.self) { try HNSWIndex(dimension: 4, metric: .dot, parameters: parameters) }
    }
  }
}
