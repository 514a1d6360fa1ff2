import CKernels

extension Graph {
  /// Algorithm 2 with ef = 1: walks to the nearest node of a level by always going to the nearest neighbour.
  func descend(_ level: Int, query: UnsafePointer<Float>, from start: Candidate) -> Candidate {
    let layer = UpperLayer(memory: memory, level: level)
    var nearest = start
    var improved = true
    while improved {
      improved = false
      let row = layer.row(nearest.slot)
      for i in 0..<layer.capacity {
        let slot = row[i].load(ordering: .acquiring)
        if slot == NodeMemory.none { break }
        let candidate = Candidate(key: space.key(query, memory.vector(slot)), slot: slot)
        if candidate < nearest {
          nearest = candidate
          improved = true
        }
      }
    }
    return nearest
  }

  /// Where a search of `level` begins: the entry point, carried down to the level above.
  func approach(_ level: Int, query: UnsafePointer<Float>, from entry: Entry) -> Candidate {
    var nearest = Candidate(key: space.key(query, memory.vector(entry.slot)), slot: entry.slot)
    for above in stride(from: entry.level, to: level, by: -1) {
      nearest = descend(above, query: query, from: nearest)
    }
    return nearest
  }

  /// Algorithm 2: the `pool.capacity` nearest nodes of a level, as far as the graph leads to them.
  ///
  /// Expands the nearest node not yet expanded, scores its neighbours, keeps the nearest, until nothing is left to
  /// expand. Neighbours are gathered first and scored four at a time, so that their cache lines are on the way
  /// while others are compared.
  @inline(__always)
  func search<L: Layer>(
    _ layer: L, query: UnsafePointer<Float>, from start: Candidate, pool: inout CandidatePool, visited: Visited,
    batch: UnsafeMutablePointer<Slot>
  ) {
    let memory = memory
    let space = space
    // Two cache lines wake the hardware prefetcher for the rest; asking for all of a long row stalls the loop.
    let rowBytes = min(memory.stride &* 4, 128)
    if visited.insert(start.slot) { pool.insert(start) }
    while let current = pool.next() {
      let row = layer.row(current)
      var count = 0
      for i in 0..<layer.capacity {
        let slot = row[i].load(ordering: .acquiring)
        if slot == NodeMemory.none { break }
        guard visited.insert(slot) else { continue }
        batch[count] = slot
        if count < 4 { memory.prefetchVector(slot, bytes: rowBytes) }
        count &+= 1
      }
      var at = 0
      while at &+ 4 <= count {
        for ahead in at &+ 4..<min(at &+ 8, count) { memory.prefetchVector(batch[ahead], bytes: rowBytes) }
        let (a, b, c, d) = (batch[at], batch[at &+ 1], batch[at &+ 2], batch[at &+ 3])
        let keys = space.keys(query, memory.vector(a), memory.vector(b), memory.vector(c), memory.vector(d))
        pool.insert(Candidate(key: keys[0], slot: a))
        pool.insert(Candidate(key: keys[1], slot: b))
        pool.insert(Candidate(key: keys[2], slot: c))
        pool.insert(Candidate(key: keys[3], slot: d))
        at &+= 4
      }
      while at < count {
        pool.insert(Candidate(key: space.key(query, memory.vector(batch[at])), slot: batch[at]))
        at &+= 1
      }
      if let upcoming = pool.upcoming { ck_prefetch_range(layer.row(upcoming), layer.capacity &* 4) }
    }
  }

  /// The ef nearest nodes to a query on level 0; empty in an empty graph.
  func searchGround(query: UnsafePointer<Float>, ef: Int, scratch: Scratch) -> CandidatePool {
    var pool = scratch.makePool(ef: ef)
    guard let entry else { return pool }
    // After the entry was read, so that it is below the end.
    let visited = scratch.makeVisited(limit: slotEnd.load(ordering: .acquiring))
    let start = approach(0, query: query, from: entry)
    search(
      GroundLayer(memory: memory), query: query, from: start, pool: &pool, visited: visited, batch: scratch.batch)
    return pool
  }
}
