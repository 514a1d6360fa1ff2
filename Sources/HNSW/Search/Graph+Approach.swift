import CKernels
import Synchronization

extension Graph {
  /// Where a search of level 0 begins.
  ///
  /// The way down by ``approach(_:codes:query:scratch:)`` may end among the wrong ones where a collection falls into clusters:
  /// between them there is no path on which every step leads nearer. A start that is farther than starts should be
  /// (`GraphWriter+Starts.swift`) is sought once more with a wide beam.
  func start(codes: CodeMemory, query: CodedQuery, scratch: Scratch) -> Slot? {
    guard let start = approach(0, codes: codes, query: query, scratch: scratch) else { return nil }
    let limit = startLimit
    guard limit < .infinity, codes.key(codes.block(start), query) > limit * query.base else { return start }
    return approachWidely(codes: codes, query: query, scratch: scratch) ?? start
  }

  /// Where a search of a level begins: from the entry point down the levels above it, on each to the nearest node
  /// by going to a nearer neighbour as long as there is one, the nearest by its edge code first (algorithm 2 with ef = 1).
  ///
  /// - Returns: a node of the level, or of the highest level there is; nil in an empty graph, and where the codes were replaced
  ///   since the search began, which may not know the entry point.
  func approach(_ level: Int, codes: CodeMemory, query: CodedQuery, scratch: Scratch) -> Slot? {
    guard let entry, isCurrent(codes) else { return nil }
    guard entry.level > level else { return entry.slot }
    guard codes.hasEdges else {
      return approachByNodes(level, from: entry, codes: codes, query: query, scratch: scratch)
    }
    let layout = codes.upper
    var block = codes.upperBlock(memory.ordinal(entry.slot, level: entry.level).pointee)
    var at = entry.level
    var keys = codes.keys(ofNode: block, query)
    while true {
      if let next = nearer(than: keys, block, codes: codes, query: query, scratch: scratch) {
        (block, keys) = next
        continue
      }
      at &-= 1
      if at == level { return layout.slot(block).pointee }
      block = codes.upperBlock(layout.below(block).pointee)
    }
  }

  /// The same where codes of few coordinates do not tell neighbours apart: to the nearest neighbour by node codes.
  private func approachByNodes(
    _ level: Int, from entry: Entry, codes: CodeMemory, query: CodedQuery, scratch: Scratch
  ) -> Slot {
    var (slot, at) = (entry.slot, entry.level)
    var key = codes.key(codes.block(slot), query)
    let capacity = memory.M
    let batch = scratch.batch
    while at > level {
      let row = memory.row(slot, level: at)
      var count = 0
      for i in 0..<capacity {
        let next = row[i].load(ordering: .acquiring)
        if next == NodeMemory.none { break }
        codes.prefetchNode(codes.block(next))
        batch[count] = next
        count &+= 1
      }
      // The last one more than once, where they are no fours.
      if count > 0 { for i in count..<count &+ 3 { batch[i] = batch[count &- 1] } }
      var best = (key: key, slot: slot)
      for i in stride(from: 0, to: count, by: 4) {
        let keys = codes.keys(
          codes.block(batch[i]), codes.block(batch[i &+ 1]), codes.block(batch[i &+ 2]), codes.block(batch[i &+ 3]),
          query)
        guard keys.least < best.key else { continue }
        for lane in 0..<4 where keys[lane] < best.key { best = (keys[lane], batch[i &+ lane]) }
      }
      if best.slot == slot { at &-= 1 } else { (key, slot) = best }
    }
    return slot
  }

  /// How many neighbours that edge codes call nearer are looked at before it is believed that none is.
  private static let tries = 4

  /// A neighbour of a block of an upper level that is nearer than the block itself, with its keys: the first that is so by
  /// its node code, in the order of what edge codes say.
  @inline(__always)
  private func nearer(
    than own: (node: Float, edges: Float), _ block: UnsafeMutableRawPointer, codes: CodeMemory, query: CodedQuery,
    scratch: Scratch
  ) -> (block: UnsafeMutableRawPointer, keys: (node: Float, edges: Float))? {
    let layout = codes.upper
    let (estimates, ordinals) = (scratch.estimates, scratch.batch)
    let version = codes.version(block)
    let before = version.pointee.load(ordering: .acquiring)
    codes.estimate(
      block, layout, key: own.edges, bound: own.node, query, estimates: estimates, below: scratch.below)
    let links = layout.links(block)
    var count = 0
    for group in 0..<layout.groups {
      var mask = scratch.below[group]
      while mask != 0 {
        let lane = group &* 16 &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        estimates[count] = estimates[lane]
        ordinals[count] = ck_load_link(links + lane)
        count &+= 1
      }
    }
    atomicMemoryFence(ordering: .acquiring)
    // A row that changes meanwhile is as good as one without a nearer neighbour: level 0 makes up for it.
    guard before & 1 == 0, version.pointee.load(ordering: .relaxed) == before else { return nil }
    for _ in 0..<min(count, Self.tries) {
      var best = 0
      for i in 1..<count where estimates[i] < estimates[best] { best = i }
      let ordinal = ordinals[best]
      count &-= 1
      (estimates[best], ordinals[best]) = (estimates[count], ordinals[count])
      if ordinal == NodeMemory.none { continue }
      let next = codes.upperBlock(ordinal)
      let keys = codes.keys(ofNode: next, query)
      if keys.node < own.node { return (next, keys) }
    }
    return nil
  }

  /// The nodes that are kept on each level on the way down where a plain approach is not trusted.
  private static let wideBeam = 16

  /// Where a search of level 0 begins, sought with a wide beam on all levels above it; nil in an empty graph, and where the
  /// codes were replaced since the search began.
  func approachWidely(codes: CodeMemory, query: CodedQuery, scratch: Scratch) -> Slot? {
    guard let entry, isCurrent(codes) else { return nil }
    var start = entry.slot
    for level in stride(from: entry.level, to: 0, by: -1) {
      let visited = scratch.makeVisited(limit: slotEnd.load(ordering: .acquiring))
      var pool = scratch.makePool(ef: Self.wideBeam)
      var results = scratch.makeResults(limit: 1)
      search(
        level, codes: codes, query: query, from: start, pool: &pool, results: &results, visited: visited,
        allowance: AnyNode(), scratch: scratch)
      if results.count > 0 { start = results[0].slot }
    }
    return start
  }
}
