/// How an index measures its recall.
extension HNSWIndex {
  /// Walks with growing ef, until hardly anything is missed or comparing everything would be cheaper.
  func measureRecall(k: Int) -> RecallCurve? {
    graph.reclamation.reading { _ in
      let slots = sampleSlots(k: k)
      guard slots.count >= 10 else { return nil }
      let truth = farthestOfNearest(of: slots, k: k)
      let limit = costs.scan
      // What all walks together may cost, in nanoseconds.
      var budget = 5e8 * Double(parameters.threads)
      var points: [RecallCurve.Point] = []
      var ef = max(k, 10)
      while costs.walk(ef: ef) < limit, budget > 0 {
        budget -= costs.walk(ef: ef) * Double(slots.count)
        let width = ef
        let shares = Parallel.map(slots.count, threads: parameters.threads, grain: 4) { i in
          found(k: k, ef: width, slot: slots[i], farthest: truth[i])
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

  /// For each of these vectors the key of the k-th nearest of all others.
  private func farthestOfNearest(of slots: [Slot], k: Int) -> [Float] {
    let memory = graph.memory
    let space = graph.space
    let end = UInt32(graph.slotEnd.load(ordering: .acquiring))
    let pools = Pools(count: slots.count, k: k)
    // A block of vectors stays in the cache while all of a group are compared with it.
    let group = max((slots.count + parameters.threads - 1) / parameters.threads, 1)
    let block = UInt32(max(32_768 / (memory.stride * 4), 4)) & ~3
    Parallel.forEach((slots.count + group - 1) / group, threads: parameters.threads, grain: 1) { number, _ in
      let members = number * group..<min((number + 1) * group, slots.count)
      for start in stride(from: 0, to: end, by: Int(block)) {
        let last = min(start + block, end)
        for i in members {
          let query = memory.vector(slots[i])
          var at = start
          while at < last {
            // What is not live may be written at this moment.
            if at + 4 <= last, (at..<at + 4).allSatisfy({ memory.isLive($0) }) {
              let keys = space.keys(
                query, memory.vector(at), memory.vector(at + 1), memory.vector(at + 2), memory.vector(at + 3))
              if keys.least <= pools.values[i].boundKey {
                for j in 0..<4 where at + UInt32(j) != slots[i] {
                  pools.values[i].insert(Candidate(key: keys[j], slot: at + UInt32(j)))
                }
              }
              at += 4
            } else {
              if at != slots[i], memory.isLive(at) {
                pools.values[i].insert(Candidate(key: space.key(query, memory.vector(at)), slot: at))
              }
              at += 1
            }
          }
        }
      }
    }
    return (0..<slots.count).map { i in
      let pool = pools.values[i]
      return pool.count == k ? pool[k - 1].key : .infinity
    }
  }

  /// The share of the k nearest of a vector that a search finds as if it was not in the index.
  private func found(k: Int, ef: Int, slot: Slot, farthest: Float) -> Double {
    graph.reclamation.reading { scratch in
      scratch.query.update(from: graph.memory.vector(slot), count: graph.memory.stride)
      guard let codes = prepareCodes(scratch) else { return 1 }
      let (results, _) = graph.searchGround(
        codes: codes, ef: ef, limit: Self.resultLimit(k: k, ef: ef), allowance: EveryNode(memory: graph.memory),
        scratch: scratch, without: slot)
      let hits = graph.exactHits(results, limit: k, codes: codes, scratch: scratch)
      // Of vectors at one distance, any is as good.
      let bound = graph.space.distance(ofKey: farthest)
      return Double(hits.count { $0.distance <= bound }) / Double(k)
    }
  }
}

/// The nearest so far of each of a sample.
///
/// `@unchecked Sendable`: each is changed by one thread.
private final class Pools: @unchecked Sendable {
  let values: UnsafeMutablePointer<CandidatePool>
  private let memory: UnsafeMutablePointer<UInt64>

  init(count: Int, k: Int) {
    memory = .allocate(capacity: count * (k + 1))
    values = .allocate(capacity: count)
    for i in 0..<count {
      (values + i).initialize(to: CandidatePool(base: memory + i * (k + 1), capacity: k))
    }
  }

  deinit {
    memory.deallocate()
    values.deallocate()
  }
}
