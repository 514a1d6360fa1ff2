extension GraphWriter {
  /// Algorithm 1: a new node at a random level, linked on each level to diverse near neighbours, and they to it.
  func insert(row: UnsafePointer<Float>, id: Int64) throws(IndexError) -> Slot {
    let level = drawLevel()
    let slot = try makeNode(row: row, id: id, level: level)
    guard let entry = graph.entry else {
      graph.setEntry(.init(slot: slot, level: level))
      return slot
    }
    let top = min(level, entry.level)
    var nearest = graph.approach(top, query: memory.vector(slot), from: entry)
    for level in stride(from: top, through: 0, by: -1) { nearest = connect(slot, level, from: nearest) }
    if level > entry.level { graph.setEntry(.init(slot: slot, level: level)) }
    return slot
  }

  /// Links a node on one level, beginning the search for its neighbours at `start`.
  ///
  /// - Returns: the nearest node found.
  @discardableResult
  func connect(_ slot: Slot, _ level: Int, from start: Candidate) -> Candidate {
    var pool = scratch.makePool(ef: max(parameters.efConstruction, memory.M))
    let visited = scratch.makeVisited(limit: graph.slotEnd.load(ordering: .relaxed))
    // The node itself may be linked already when it is connected anew.
    _ = visited.insert(slot)
    let query = memory.vector(slot)
    if level == 0 {
      graph.search(
        GroundLayer(memory: memory), query: query, from: start, pool: &pool, visited: visited, batch: scratch.batch)
    } else {
      graph.search(
        UpperLayer(memory: memory, level: level), query: query, from: start, pool: &pool, visited: visited,
        batch: scratch.batch)
    }
    guard pool.count > 0 else { return start }
    let nearest = pool[0]
    let found = (0..<pool.count).lazy.map { pool[$0] }
    let chosen = select(found, limit: memory.M)
    setNeighbours(chosen, of: slot, level)
    for neighbour in chosen { link(from: neighbour, to: slot, level) }
    ensureReachable(slot, level)
    return nearest
  }

  /// Links a node to a new neighbour; a full row is chosen anew among its neighbours and the new one.
  private func link(from slot: Slot, to new: Slot, _ level: Int) {
    if isLinked(from: slot, to: new, level) { return }
    if hasRoom(slot, level) {
      append(new, to: slot, level)
      return
    }
    let capacity = memory.capacity(level: level)
    let all = ranked(neighbours(slot, level) + [new], from: memory.vector(slot))
    var kept = select(all, limit: capacity)
    // A neighbour that only this node leads to stays while there is room.
    var lost: [Slot] = []
    for candidate in all where !kept.contains(candidate.slot) {
      let others = inDegree(candidate.slot, level) - (candidate.slot == new ? 0 : 1)
      guard others == 0 else { continue }
      if kept.count < capacity { kept.append(candidate.slot) } else { lost.append(candidate.slot) }
    }
    setNeighbours(kept, of: slot, level)
    for slot in lost where slot != new { ensureReachable(slot, level) }
  }

  /// Sees to it that at least one node links to this one, if it has neighbours at all.
  ///
  /// Looks for room in the rows of its neighbours, nearest first, then of what they lead to; if all are full, it
  /// takes the place of a neighbour's neighbour that others lead to as well.
  func ensureReachable(_ slot: Slot, _ level: Int) {
    guard inDegree(slot, level) == 0 else { return }
    let near = neighbours(slot, level)
    if let host = near.first(where: { hasRoom($0, level) }) ?? roomBeyond(near, of: slot, level) {
      return append(slot, to: host, level)
    }
    for host in near {
      var row = neighbours(host, level)
      guard let at = row.lastIndex(where: { inDegree($0, level) > 1 }) else { continue }
      row[at] = slot
      return setNeighbours(row, of: host, level)
    }
  }

  /// A node with room in its row among those that full ones lead to.
  ///
  /// Goes into depth by the last neighbour of each: that is where copies of a vector, which nobody else leads to, are
  /// kept, and where room is found soon even among thousands of them.
  private func roomBeyond(_ full: [Slot], of slot: Slot, _ level: Int) -> Slot? {
    let visited = scratch.makeVisited(limit: graph.slotEnd.load(ordering: .relaxed))
    _ = visited.insert(slot)
    var waiting = Array(full.filter { visited.insert($0) }.reversed())
    var steps = 0
    while let node = waiting.popLast(), steps < 4_096 {
      steps += 1
      for next in neighbours(node, level) where visited.insert(next) {
        if hasRoom(next, level) { return next }
        waiting.append(next)
      }
    }
    return nil
  }
}
