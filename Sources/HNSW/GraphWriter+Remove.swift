extension GraphWriter {
  /// Takes a node out of the graph, mends the hole it leaves, and hands its slot to ``Reclamation``.
  ///
  /// Who linked to the node keeps its other neighbours and gains, from the node's own neighbourhood, those that are
  /// diverse among them: the ways that led through the node now lead past it. Nothing of the node stays behind.
  func remove(_ slot: Slot) {
    memory.live(slot).pointee.store(0, ordering: .releasing)
    graph.count.subtract(1, ordering: .relaxed)
    if graph.entry?.slot == slot { graph.setEntry(highestNode()) }
    for level in stride(from: Int(memory.height(slot).pointee), through: 0, by: -1) { cutOut(slot, level) }
    graph.reclamation.retire(slot)
  }

  private func cutOut(_ slot: Slot, _ level: Int) {
    let outgoing = neighbours(slot, level)
    let incoming = inNeighbours(slot, level)
    // Enough to choose from; a node that thousands link to would make this quadratic.
    var candidates = outgoing
    for node in incoming.prefix(2 * memory.M) where !outgoing.contains(node) { candidates.append(node) }
    for node in incoming { mend(node, without: slot, from: candidates, level) }
    // The row itself stays as it is for searches that stand on the node; their neighbours outlive them.
    for node in outgoing { noteUnlink(from: slot, to: node, level) }
    for node in candidates { settle(node, level) }
    for node in incoming.dropFirst(2 * memory.M) { settle(node, level) }
  }

  /// Drops a neighbour and fills its place with diverse candidates.
  private func mend(_ node: Slot, without removed: Slot, from candidates: [Slot], _ level: Int) {
    let capacity = memory.capacity(level: level)
    var row = neighbours(node, level).filter { $0 != removed }
    let before = row.count
    let offered = candidates.filter { $0 != node && !row.contains($0) }
    for candidate in ranked(offered, from: memory.vector(node)) where row.count < capacity {
      if isDiverse(candidate, among: row) { row.append(candidate.slot) }
    }
    setNeighbours(row, of: node, level)
    for gained in row[before...] where hasRoom(gained, level) && !isLinked(from: gained, to: node, level) {
      append(node, to: gained, level)
    }
  }

  /// Sees to it that a node that lost a neighbour still has one, and someone who leads to it.
  private func settle(_ node: Slot, _ level: Int) {
    if neighbourCount(node, level) == 0, let entry = highestNode(except: node), entry.level >= level {
      var start = graph.approach(level, query: memory.vector(node), from: entry)
      if start.slot == node, let other = inNeighbours(node, level + 1).first {
        // The way down ended at the node itself; who led to it on the level above is on this one too.
        start = Candidate(key: space.key(memory.vector(node), memory.vector(other)), slot: other)
      }
      connect(node, level, from: start)
    }
    ensureReachable(node, level)
  }

  /// A live node to begin searches at: of the highest level, the first slot.
  private func highestNode(except excluded: Slot? = nil) -> Graph.Entry? {
    if let entry = graph.entry, entry.slot != excluded, memory.isLive(entry.slot) { return entry }
    var best: Graph.Entry?
    for slot in 0..<UInt32(graph.slotEnd.load(ordering: .relaxed)) where slot != excluded && memory.isLive(slot) {
      let height = Int(memory.height(slot).pointee)
      if best == nil || height > best?.level ?? 0 { best = .init(slot: slot, level: height) }
    }
    return best
  }
}
