extension GraphWriter {
  /// The candidates for neighbours of a node, nearest first.
  func ranked(_ slots: [Slot], from row: UnsafePointer<Float>) -> [Candidate] {
    var result: [Candidate] = []
    result.reserveCapacity(slots.count)
    var at = 0
    while at + 4 <= slots.count {
      let keys = space.keys(
        row, memory.vector(slots[at]), memory.vector(slots[at + 1]), memory.vector(slots[at + 2]),
        memory.vector(slots[at + 3]))
      for i in 0..<4 { result.append(Candidate(key: keys[i], slot: slots[at + i])) }
      at += 4
    }
    for slot in slots[at...] { result.append(Candidate(key: space.key(row, memory.vector(slot)), slot: slot)) }
    result.sort()
    return result
  }

  /// Whether a candidate leads somewhere that none of the chosen does: it is nearer to the node than to each of them.
  @inline(__always)
  func isDiverse(_ candidate: Candidate, among chosen: [Slot]) -> Bool {
    let row = memory.vector(candidate.slot)
    let key = candidate.key
    var at = 0
    while at + 4 <= chosen.count {
      let keys = space.keys(
        row, memory.vector(chosen[at]), memory.vector(chosen[at + 1]), memory.vector(chosen[at + 2]),
        memory.vector(chosen[at + 3]))
      if keys.min() <= key { return false }
      at += 4
    }
    while at < chosen.count {
      if space.key(row, memory.vector(chosen[at])) <= key { return false }
      at += 1
    }
    return true
  }

  /// Algorithm 4 without extension: of the candidates, nearest first, those that are diverse, at most `limit`.
  ///
  /// A candidate that equals a chosen one is never diverse, so copies of a vector do not fill each other's rows.
  func select(_ candidates: some Sequence<Candidate>, limit: Int) -> [Slot] {
    var chosen: [Slot] = []
    chosen.reserveCapacity(limit)
    for candidate in candidates {
      if chosen.count == limit { break }
      if isDiverse(candidate, among: chosen) { chosen.append(candidate.slot) }
    }
    return chosen
  }
}
