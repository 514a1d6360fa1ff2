import CKernels
import Synchronization

extension Graph {
  /// Algorithm 2 on codes: walks a level from `start`, expanding the nearest node not yet expanded until the `pool` holds no
  /// other; the nearest of those it expanded and the allowance lets through are in `results`.
  ///
  /// A node comes into the pool with an estimate from the edge codes of whom it was met at. When its turn comes, its
  /// node code tells more exactly how near it is, and its neighbours are estimated from there, so that errors do not add up.
  @inline(__always)
  func search<A: Allowance>(
    _ level: Int, codes: CodeMemory, query: CodedQuery, from start: Slot, pool: inout CandidatePool,
    results: inout CandidatePool, visited: Visited, allowance: A, scratch: Scratch
  ) {
    if !codes.hasEdges {
      searchByNodes(
        level, codes: codes, query: query, from: start, pool: &pool, results: &results, visited: visited,
        allowance: allowance, scratch: scratch)
      return
    }
    let memory = memory
    let layout = level == 0 ? codes.ground : codes.upper
    let batch = scratch.batch
    let estimates = scratch.estimates
    let below = scratch.below
    let capacity = memory.capacity(level: level)
    let rowBytes = capacity &* 4
    func block(_ slot: Slot) -> UnsafeMutableRawPointer {
      level == 0 ? codes.block(slot) : codes.upperBlock(memory.ordinal(slot, level: level).pointee)
    }
    if visited.insert(start) { pool.insert(Candidate(key: codes.key(block(start), query), slot: start)) }
    while let current = pool.next() {
      let place = block(current)
      let (key, edgeKey) = codes.keys(ofNode: place, query)
      if key < results.boundKey, allowance.allows(current) { results.insert(Candidate(key: key, slot: current)) }
      let row = memory.row(current, level: level)
      let version = codes.version(place)
      var count = 0
      var attempts = 0
      while true {
        let before = version.pointee.load(ordering: .acquiring)
        codes.estimate(
          place, layout, key: edgeKey, bound: pool.boundKey, query, estimates: estimates, below: below)
        count = 0
        for group in 0..<layout.groups {
          var mask = below[group]
          while mask != 0 {
            let lane = group &* 16 &+ mask.trailingZeroBitCount
            mask &= mask &- 1
            // Groups may hold more lanes than a row has places.
            if lane >= capacity { break }
            let slot = row[lane].load(ordering: .acquiring)
            if slot == NodeMemory.none { continue }
            batch[count] = slot
            estimates[count] = estimates[lane]
            count &+= 1
          }
        }
        atomicMemoryFence(ordering: .acquiring)
        if before & 1 == 0, version.pointee.load(ordering: .relaxed) == before { break }
        attempts &+= 1
        if attempts == 8 {
          // The writer is slow, or was stopped at it: the node codes, which never change, say the same.
          count = gather(row, codes: codes, query: query, level: level, batch: batch, keys: estimates)
          break
        }
      }
      for i in 0..<count where visited.insert(batch[i]) {
        pool.insert(Candidate(key: estimates[i], slot: batch[i]))
      }
      if level == 0 {
        pool.upcoming(2) { slot in
          ck_prefetch_range(codes.block(slot), codes.ground.stride)
          ck_prefetch_range(memory.groundRow(slot), rowBytes)
        }
      }
    }
  }

  /// The search of a level where there are no edge codes: every neighbour that was not seen before is compared by its node
  /// code, or by the part of it that lies in one cache line; all of it is read when its turn comes to be expanded.
  @inline(__always)
  private func searchByNodes<A: Allowance>(
    _ level: Int, codes: CodeMemory, query: CodedQuery, from start: Slot, pool: inout CandidatePool,
    results: inout CandidatePool, visited: Visited, allowance: A, scratch: Scratch
  ) {
    let memory = memory
    let batch = scratch.batch
    let capacity = memory.capacity(level: level)
    let isRough = codes.hasRoughKeys
    let blockBytes = codes.ground.stride
    let isOneLine = isRough || blockBytes == 64
    let rowBytes = capacity &* 4
    var blocks = codes.blocks
    if visited.insert(start) { pool.insert(Candidate(key: codes.key(codes.block(start), query), slot: start)) }
    while let current = pool.next() {
      let key = isRough ? codes.key(codes.block(current), query) : pool.expandedKey
      let row = memory.row(current, level: level)
      let count: Int
      if isOneLine {
        count = visited.insert(row, capacity: capacity, into: batch, askingFor: &blocks)
      } else {
        count = visited.insert(row, capacity: capacity, into: batch)
        for i in 0..<count { ck_prefetch_range(codes.block(batch[i]), blockBytes) }
      }
      // While those lines are on their way.
      if key < results.boundKey, allowance.allows(current) { results.insert(Candidate(key: key, slot: current)) }
      // The last one more than once, where two or three are left.
      if count > 1 { for i in count..<count &+ 2 { batch[i] = batch[count &- 1] } }
      var at = 0
      while at &+ 1 < count {
        let (a, b, c, d) = (batch[at], batch[at &+ 1], batch[at &+ 2], batch[at &+ 3])
        let (first, second, third, fourth) = (codes.block(a), codes.block(b), codes.block(c), codes.block(d))
        let keys =
          isRough
          ? codes.roughKeys(first, second, third, fourth, query) : codes.keys(first, second, third, fourth, query)
        let left = count &- at
        at &+= 4
        if keys.least > pool.boundKey { continue }
        pool.insert(Candidate(key: keys[0], slot: a))
        pool.insert(Candidate(key: keys[1], slot: b))
        if left > 2 { pool.insert(Candidate(key: keys[2], slot: c)) }
        if left > 3 { pool.insert(Candidate(key: keys[3], slot: d)) }
        // The row that is probably next: it is read as soon as this one is done.
        if level == 0, isOneLine { pool.upcoming(1) { ck_prefetch_range(memory.groundRow($0), rowBytes) } }
      }
      if at < count {
        let block = codes.block(batch[at])
        let key = isRough ? codes.roughKey(block, query) : codes.key(block, query)
        pool.insert(Candidate(key: key, slot: batch[at]))
      }
      pool.upcoming(2) {
        if level == 0 { ck_prefetch_range(memory.groundRow($0), rowBytes) }
        if isRough { ck_prefetch_range(codes.block($0) + 64, blockBytes &- 64) }
      }
    }
  }

  /// The neighbours of a row and their keys by their node codes.
  private func gather(
    _ row: LinkRow, codes: CodeMemory, query: CodedQuery, level: Int, batch: UnsafeMutablePointer<Slot>,
    keys: UnsafeMutablePointer<Float>
  ) -> Int {
    var count = 0
    for i in 0..<memory.capacity(level: level) {
      let slot = row[i].load(ordering: .acquiring)
      if slot == NodeMemory.none { break }
      batch[count] = slot
      keys[count] = codes.key(codes.block(slot), query)
      count += 1
    }
    return count
  }

  /// A search of level 0 from the entry point.
  ///
  /// - Parameter without: a node of level 0 alone that is walked past as if it was not there.
  /// - Returns: the nearest `limit` of the nodes that were expanded and that the allowance lets through, by their codes,
  ///   and how many were expanded.
  @inline(__always)
  func searchGround<A: Allowance>(
    codes: CodeMemory, ef: Int, limit: Int, allowance: A, scratch: Scratch, without: Slot = NodeMemory.none
  ) -> (results: CandidatePool, expanded: Int) {
    var results = scratch.makeResults(limit: limit)
    guard let start = start(codes: codes, query: scratch.coded, scratch: scratch) else { return (results, 0) }
    // After the entry was read, so that it is below the end.
    let visited = scratch.makeVisited(limit: slotEnd.load(ordering: .acquiring))
    _ = visited.insert(without)
    var pool = scratch.makePool(ef: ef)
    beacons.add(to: &pool, visited: visited, codes: codes, query: scratch.coded)
    search(
      0, codes: codes, query: scratch.coded, from: start, pool: &pool, results: &results, visited: visited,
      allowance: allowance, scratch: scratch)
    return (results, pool.count)
  }

  /// The nearest of what a search found, with exact distances, in the order of answers.
  ///
  /// Candidates are compared exactly in the order of what their codes say, until those that are left are farther than the
  /// limit by more than codes err.
  func exactHits(_ found: CandidatePool, limit: Int, codes: CodeMemory, scratch: Scratch) -> [SearchHit] {
    let rowBytes = min(memory.stride &* 4, 512)
    let ahead = 8
    let query = scratch.query
    for i in 0..<min(ahead, found.count) { memory.prefetchVector(found[i].slot, bytes: rowBytes) }
    var nearest = scratch.makePool(ef: limit)
    var at = 0
    while at < found.count {
      if nearest.count == limit {
        let bound = nearest.boundKey
        let header = codes.header(codes.block(found[at].slot))
        let key = found[at].key + scratch.keyShift
        let doubt = codes.doubt(
          residual: header.pointee.residual, unit: header.pointee.nodeScale, scratch.coded, bound: bound)
        if key - doubt > bound { break }
      }
      let four = min(found.count &- at, 4)
      for next in min(at &+ ahead, found.count)..<min(at &+ ahead &+ 4, found.count) {
        memory.prefetchVector(found[next].slot, bytes: rowBytes)
      }
      if four == 4 {
        let (a, b, c, d) = (found[at].slot, found[at &+ 1].slot, found[at &+ 2].slot, found[at &+ 3].slot)
        let keys = space.keys(query, memory.vector(a), memory.vector(b), memory.vector(c), memory.vector(d))
        nearest.insert(Candidate(key: keys[0], slot: a))
        nearest.insert(Candidate(key: keys[1], slot: b))
        nearest.insert(Candidate(key: keys[2], slot: c))
        nearest.insert(Candidate(key: keys[3], slot: d))
      } else {
        for i in at..<found.count {
          nearest.insert(Candidate(key: space.key(query, memory.vector(found[i].slot)), slot: found[i].slot))
        }
      }
      at &+= four
    }
    var hits: [SearchHit] = []
    hits.reserveCapacity(nearest.count)
    for i in 0..<nearest.count {
      let candidate = nearest[i]
      hits.append(SearchHit(id: memory.id(candidate.slot).pointee, distance: space.distance(ofKey: candidate.key)))
    }
    hits.sort(by: SearchHit.precedes)
    return hits
  }
}
