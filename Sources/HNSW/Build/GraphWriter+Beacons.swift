import Synchronization

/// How an index for inner products learns whether its searches had better begin at the longest vectors too.
extension GraphWriter {
  /// The share of what is found that must come from there.
  private static let worthwhile = 0.05

  /// Chooses the longest vectors, and keeps them where searches for a sample of nodes find more from there than without.
  func chooseBeacons(_ codes: Codes) {
    guard graph.metric == .dot else { return }
    let all = graph.sampleOfGround(64, seed: parameters.seed)
    graph.beacons.set([])
    guard !all.isEmpty else { return }
    let live = liveSlots
    let keys = Parallel.map(live.count, threads: threads) { [space, memory] i in
      space.key(memory.vector(live[i]), memory.vector(live[i]))
    }
    // Keys are negated products: the longest come first.
    let order = live.indices.sorted { (keys[$0], live[$0]) < (keys[$1], live[$1]) }
    let without = nearest(to: all, codes.memory)
    graph.beacons.set(order.prefix(Beacons.most).map { live[$0] })
    let with = nearest(to: all, codes.memory)
    var (found, gained) = (0, 0)
    for (before, after) in zip(without, with) {
      found += after.count
      gained += Set(after.map(\.slot)).subtracting(before.map(\.slot)).count
    }
    if Double(gained) < Self.worthwhile * Double(found) { graph.beacons.set([]) }
  }

  /// The ten nearest that searches for nodes find, by their codes.
  private func nearest(to slots: [Slot], _ codes: CodeMemory) -> [[Candidate]] {
    Parallel.map(slots.count, threads: threads) { [self] i in
      graph.reclamation.reading { scratch in
        scratch.prepare(codes, node: slots[i])
        let found = graph.searchGround(
          codes: codes, ef: 64, limit: 10, allowance: EveryNode(memory: memory), scratch: scratch
        ).results
        return (0..<found.count).map { found[$0] }
      }
    }
  }
}
