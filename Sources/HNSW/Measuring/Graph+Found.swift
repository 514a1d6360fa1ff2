/// What a graph finds of the nearest of its own vectors.
extension Graph {
  /// For each of these vectors the key of the k-th nearest of all others.
  func farthestOfNearest(of slots: [Slot], k: Int, threads: Int) -> [Float] {
    let (memory, space) = (memory, space)
    let end = UInt32(slotEnd.load(ordering: .acquiring))
    let pools = Pools(count: slots.count, k: k)
    // A block of vectors stays in the cache while all of a group are compared with it.
    let group = max((slots.count + threads - 1) / threads, 1)
    let block = UInt32(max(32_768 / (memory.stride * 4), 4)) & ~3
    Parallel.forEach((slots.count + group - 1) / group, threads: threads, grain: 1) { number, _ in
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
  func found(k: Int, ef: Int, slot: Slot, farthest: Float) -> Double {
    reclamation.reading { scratch in
      scratch.query.update(from: memory.vector(slot), count: memory.stride)
      guard let codes = prepareCodes(scratch) else { return 1 }
      let (results, _) = searchGround(
        codes: codes, ef: ef, limit: HNSWIndex.resultLimit(k: k, ef: ef), allowance: EveryNode(memory: memory),
        scratch: scratch, without: slot)
      let hits = exactHits(results, limit: k, codes: codes, scratch: scratch)
      // Of vectors at one distance, any is as good.
      let bound = space.distance(ofKey: farthest)
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
