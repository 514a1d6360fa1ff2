/// How an index measures its recall.
extension HNSWIndex {
  /// Walks with growing ef, until hardly anything is missed or comparing everything would be cheaper.
  func measureRecall(k: Int) -> RecallCurve? {
    graph.reclamation.reading { _ in
      let slots = sampleSlots(k: k)
      guard slots.count >= 10 else { return nil }
      let truth = graph.farthestOfNearest(of: slots, k: k, threads: parameters.threads)
      let limit = costs.scan
      // What all walks together may cost, in nanoseconds.
      var budget = 5e8 * Double(parameters.threads)
      var points: [RecallCurve.Point] = []
      var ef = max(k, 10)
      while costs.walk(ef: ef) < limit, budget > 0 {
        budget -= costs.walk(ef: ef) * Double(slots.count)
        let width = ef
        let shares = Parallel.map(slots.count, threads: parameters.threads, grain: 4) { i in
          graph.found(k: k, ef: width, slot: slots[i], farthest: truth[i])
        }
        let measured = Self.summary(of: shares)
        let recall = max(measured.mean, points.last?.recall ?? 0)
        points.append(RecallCurve.Point(ef: ef, recall: recall, standardError: measured.standardError))
        // What four times the ef does not find, the graph does not lead to.
        let quarter = points.last { $0.ef <= ef / 4 }
        if recall >= 0.9998 || recall == quarter?.recall { break }
        ef += max(ef / 4, 2)
      }
      return points.isEmpty ? nil : RecallCurve(k: k, sample: slots.count, points: points)
    }
  }

  private static func summary(of shares: [Double]) -> (mean: Double, standardError: Double) {
    let count = Double(shares.count)
    let mean = shares.reduce(0, +) / count
    let squares = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / max(count - 1, 1) / count).squareRoot())
  }

  /// Vectors to search for: the same ones for the same index.
  private func sampleSlots(k: Int) -> [Slot] {
    // As many as can be compared with all others in half a second, with cache-sized blocks of those.
    let comparisons = 5e8 * Double(parameters.threads) / (2 + 0.06 * Double(dimension))
    let wanted = min(max(Int(comparisons / Double(max(count, 1))), 50), 400)
    return graph.sampleOfGround(wanted, seed: parameters.seed)
  }
}
