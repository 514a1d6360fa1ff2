/// How a graph learns how hard a search has to look that names no ef.
///
/// Where vectors are alike in every direction, where half are copies of one, or where codes say little, a short beam misses
/// most of the nearest. A sample of the graph's own nodes tells: each is sought as if it was not there, as
/// `HNSWIndex+Recall.swift` does for searches that name a recall.
extension GraphWriter {
  /// The share of the ten nearest that is to be found on the average.
  static let usualRecall = 0.95
  private static let k = 10

  /// Measures what ``Graph/usualEf`` has to be, if much was added since that was done.
  func measureEffort() {
    let count = graph.count.load(ordering: .relaxed)
    guard count > max(parameters.exactBelow, 4 * Self.k), (insertions - effortMeasuredAt) * 5 >= count else { return }
    effortMeasuredAt = insertions
    // Each is compared with all others: a small share of what building costs.
    let slots = graph.sampleOfGround(
      min(max(300_000_000 / (count * memory.dimension), 32), 128), seed: parameters.seed)
    guard slots.count >= 16 else { return }
    let farthest = graph.farthestOfNearest(of: slots, k: Self.k, threads: threads)
    let costs = SearchCosts(dimension: memory.dimension, live: count)
    var ef = Graph.leastUsualEf
    while ef < count, ef == Graph.leastUsualEf || costs.walk(ef: ef) < costs.scan {
      let width = ef
      let shares = Parallel.map(slots.count, threads: threads) { [self] i in
        graph.found(k: Self.k, ef: width, slot: slots[i], farthest: farthest[i])
      }
      if shares.reduce(0, +) >= Self.usualRecall * Double(slots.count) {
        graph.usualEf = ef
        return
      }
      ef *= 2
    }
    graph.usualEf = nil
  }
}
