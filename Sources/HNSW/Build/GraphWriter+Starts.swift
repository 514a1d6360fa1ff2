import Synchronization

/// How a graph learns whether its searches begin in the right place.
///
/// Where a collection falls into clusters, the way down the levels may end in the wrong one, and nothing leads from there into
/// the right one. Such a start is told by its key: nodes of the collection itself show how near a start is that was sought
/// with a wide beam. On other collections the two ways end equally near, and nothing is mistrusted.
extension GraphWriter {
  /// Learns from which key on a start is mistrusted. Keys are divided by the squared length of the query, less the
  /// collection's mean; inner products have no such measure, and their starts are trusted.
  func measureStarts(_ codes: Codes) {
    let count = graph.count.load(ordering: .relaxed)
    graph.startLimit = .infinity
    guard graph.metric != .dot, let entry = graph.entry, entry.level > 0 else { return }
    // A start costs about as much as linking a node: a small share of them.
    let sample = graph.sampleOfGround(min(count / 32, 512), seed: parameters.seed)
    let found: [Starts?] = Parallel.map(sample.count, threads: threads) { [self] i in
      graph.reclamation.reading { scratch in seekStarts(for: sample[i], codes.memory, scratch) }
    }
    let starts = found.compactMap(\.self)
    guard !starts.isEmpty else { return }
    let wide = starts.map(\.wide).sorted()
    let usual: Float = wide[(wide.count - 1) * 95 / 100]
    // Where most have copies on the levels above, that is nothing.
    guard usual > 0 else { return }
    let near = 1.5 * usual
    let lost = starts.filter { $0.isLost && $0.narrow > near && $0.wide <= near }.map(\.narrow).sorted()
    guard !lost.isEmpty, lost.count * 256 >= starts.count else { return }
    graph.startLimit = max(near, (usual * lost[lost.count / 10]).squareRoot())
  }

  /// Where searches for a node begin, by both ways.
  private struct Starts {
    /// Their keys, relative to what all keys of the node have in common.
    var narrow: Float
    var wide: Float
    /// Whether a search from the first finds nothing nearly as near as one from the second.
    var isLost: Bool
  }

  private func seekStarts(for slot: Slot, _ codes: CodeMemory, _ scratch: Scratch) -> Starts? {
    scratch.prepare(codes, node: slot)
    let query = scratch.coded
    guard query.base > 0, query.base < .infinity,
      let narrow = graph.approach(0, codes: codes, query: query, scratch: scratch),
      let wide = graph.approachWidely(codes: codes, query: query, scratch: scratch)
    else { return nil }
    let keys = [narrow, wide].map { codes.key(codes.block($0), query) }
    func nearest(from start: Slot) -> Float {
      var results = scratch.makeResults(limit: 1)
      let visited = scratch.makeVisited(limit: graph.slotEnd.load(ordering: .relaxed))
      var pool = scratch.makePool(ef: 32)
      graph.search(
        0, codes: codes, query: query, from: start, pool: &pool, results: &results, visited: visited,
        allowance: AllBut(memory: memory, excluded: slot), scratch: scratch)
      return results.count > 0 ? results[0].key : .infinity
    }
    let isLost = keys[0] > 1.5 * keys[1] && nearest(from: narrow) > 1.5 * nearest(from: wide)
    return Starts(narrow: keys[0] / query.base, wide: keys[1] / query.base, isLost: isLost)
  }
}
