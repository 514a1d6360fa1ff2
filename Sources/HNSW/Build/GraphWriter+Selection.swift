extension GraphWriter {
  /// Chooses the neighbours of a node among candidates, nearest first: diverse ones, then the nearest of the others while
  /// there is room.
  ///
  /// A candidate is diverse if it is nearer to the node than to each of those chosen before (algorithm 4), or almost: it leads
  /// somewhere that none of them does. A row costs a search the same whether it is full or not, and what fills it up saves
  /// steps (as in SymphonyQG). Of copies of the node itself one counts as diverse and few fill up, or they would
  /// shut each other in.
  ///
  /// - Returns: the neighbours, and how many of them, from the front, are the diverse ones.
  func choose(
    _ candidates: [Candidate], for slot: Slot, limit: Int, _ codes: CodeMemory
  ) -> (row: [Slot], diverse: Int) {
    let own = codes.block(slot)
    let copyKey = codes.key(own, codes.query(of: own))
    var row: [Slot] = []
    row.reserveCapacity(limit)
    var others: [Slot] = []
    others.reserveCapacity(limit)
    var copies = 0
    for candidate in candidates {
      if row.count == limit { break }
      if candidate.key == copyKey {
        copies += 1
        if copies > 1 {
          if copies <= limit / 4 { others.append(candidate.slot) }
          continue
        }
        row.append(candidate.slot)
      } else if isDiverse(candidate, among: row, codes) {
        row.append(candidate.slot)
      } else if others.count < limit {
        others.append(candidate.slot)
      }
    }
    let diverse = row.count
    row.append(contentsOf: others.prefix(limit - diverse))
    return (row, diverse)
  }

  /// How much farther than from those chosen before a diverse candidate may be, of squared distances (the square of Vamana's α;
  /// Subramanya et al., NeurIPS 2019): members of groups that are far from each other are about equally far from all of a
  /// group, and a toss of a coin is not to decide which groups know each other.
  private static let slack: Float = 1.03

  private func isDiverse(_ candidate: Candidate, among chosen: [Slot], _ codes: CodeMemory) -> Bool {
    let query = codes.query(of: codes.block(candidate.slot))
    let key = candidate.key > 0 ? candidate.key / Self.slack : candidate.key
    return chosen.withUnsafeBufferPointer { chosen in
      var at = 0
      while at + 4 <= chosen.count {
        let keys = codes.keys(
          codes.block(chosen[at]), codes.block(chosen[at + 1]), codes.block(chosen[at + 2]),
          codes.block(chosen[at + 3]), query)
        if keys.least < key { return false }
        at += 4
      }
      guard at < chosen.count else { return true }
      // Fewer than four are left: four at once all the same, the last of them more than once.
      let last = chosen.count - 1
      let keys = codes.keys(
        codes.block(chosen[at]), codes.block(chosen[min(at + 1, last)]), codes.block(chosen[min(at + 2, last)]),
        codes.block(chosen[last]), query)
      return keys.least >= key
    }
  }

  /// Nodes by their keys from a node, nearest first.
  func ranked(_ slots: [Slot], from slot: Slot, _ codes: CodeMemory) -> [Candidate] {
    // Rows lead anywhere in memory: all are asked for before the first is compared.
    for other in slots { codes.prefetchNode(codes.block(other)) }
    let query = codes.query(of: codes.block(slot))
    var result: [Candidate] = []
    result.reserveCapacity(slots.count)
    for other in slots { result.append(Candidate(key: codes.key(codes.block(other), query), slot: other)) }
    result.sort()
    return result
  }
}
