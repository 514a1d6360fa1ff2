/// How a graph learns which nodes its searches do not find, and what it does about them.
///
/// Where vectors come in tight groups far from each other, links lead to a group's own members and to those of the nearest
/// groups, and some groups are nobody's nearest: searches end elsewhere and never see them. A node is sought by its own vector, with
/// as short a beam as searches use. Where that ends without having found it, the place where it ended gets a link to it
/// (as queries mend graphs in RoarGraph; Chen et al., VLDB 2024).
extension GraphWriter {
  /// The share of nodes that may be lost while a draft is made; from there on its beams become longer.
  static let toleratedInDraft = 0.03
  /// The share of nodes of a sample that may be lost without all being sought.
  private static let tolerated = 1.0 / 256
  private static let mostRounds = 8

  /// The share of nodes of a graph, or a part of it, that searches with such a beam do not find.
  func shareLost(of linked: ArraySlice<Slot>, ef: Int, sample: Int, _ codes: Codes) -> Double {
    var random = SequenceGenerator(seed: parameters.seed)
    let chosen = (0..<min(linked.count / 4, sample)).map { _ in
      linked[linked.startIndex + Int(random.next() % UInt64(linked.count))]
    }
    guard !chosen.isEmpty else { return 0 }
    let ends = Parallel.map(chosen.count, threads: threads) { [self] i in end(of: chosen[i], ef: ef, codes.memory) }
    return Double(ends.count { $0 != nil }) / Double(chosen.count)
  }

  /// The share of a random node's squared distance at which the nearest node is hardly nearer than any.
  private static let flat: Float = 0.55

  /// Whether no groups can be: a node's nearest neighbour is hardly nearer to it than a random one, as where vectors are
  /// random in all of many directions (Beyer et al., ICDT 1999). What searches lose there, they lose because all is alike, and links
  /// that lead to it take the places of others that are as good.
  ///
  /// - Parameter linked: nodes of the graph, or of what is linked of it. Inner products are no distances: never so.
  func isFlat(_ linked: ArraySlice<Slot>, _ codes: Codes) -> Bool {
    guard graph.metric != .dot, !linked.isEmpty else { return false }
    var random = SequenceGenerator(seed: parameters.seed)
    func some() -> Slot { linked[linked.startIndex + Int(random.next() % UInt64(linked.count))] }
    var (near, far): (Float, Float) = (0, 0)
    for _ in 0..<128 {
      let slot = some()
      guard let nearest = ranked(neighbours(slot, 0), from: slot, codes.memory).first else { continue }
      near += nearest.key
      far += ranked([some()], from: slot, codes.memory)[0].key
    }
    return near > Self.flat * far
  }

  /// Makes nodes that have been linked findable, if more of a sample of them are lost than is tolerated.
  func mend(_ nodes: [Slot], _ codes: Codes) {
    // A few are all sought: it costs less than linking them did.
    if nodes.count > 4_096,
      shareLost(of: nodes[0...], ef: memory.M, sample: 1_024, codes) <= Self.tolerated || isFlat(nodes[0...], codes)
    {
      return
    }
    var sought = nodes
    // How many links a place has got here: not all of its row is to lead far.
    var given: [Slot: Int] = [:]
    for _ in 0..<Self.mostRounds {
      let all = sought
      let ends = Parallel.map(all.count, threads: threads) { [self] i in end(of: all[i], ef: memory.M, codes.memory) }
      // Members of a lost group end at the same place: one link there is enough for all of them, as the next round will see.
      var hosts: Set<Slot> = []
      var lost: [Slot] = []
      for (slot, end) in zip(all, ends) {
        guard let end else { continue }
        lost.append(slot)
        guard let host = end.first(where: { !hosts.contains($0) && given[$0, default: 0] < memory.M / 2 }) else {
          continue
        }
        hosts.insert(host)
        if lead(host, to: slot, codes) { given[host, default: 0] += 1 }
      }
      if lost.isEmpty { return }
      sought = lost
    }
  }

  /// The nearest nodes where a search for a node ends without having found it; nil where it finds it, or a copy of it.
  private func end(of slot: Slot, ef: Int, _ codes: CodeMemory) -> [Slot]? {
    graph.reclamation.reading { scratch in
      scratch.prepare(codes, node: slot)
      let own = codes.key(codes.block(slot), scratch.coded)
      let found = graph.searchGround(
        codes: codes, ef: ef, limit: 4, allowance: EveryNode(memory: memory), scratch: scratch
      ).results
      if found.count > 0, found[0].key <= own { return nil }
      return (0..<found.count).map { found[$0].slot }
    }
  }

  /// The place in a row of the neighbour that is nearest to another of the row, of those that others lead to as well: the way over that
  /// other is short. Links that lead far are not it, so what one mending gave the next does not take.
  private func leastNeeded(in row: [Slot], _ codes: CodeMemory) -> Int? {
    var least: (place: Int, key: Float)?
    for (place, slot) in row.enumerated() where memory.degree(slot).pointee.load(ordering: .relaxed) > 1 {
      let query = codes.query(of: codes.block(slot))
      for (other, neighbour) in row.enumerated() where other != place {
        let key = codes.key(codes.block(neighbour), query)
        if least.map({ key <= $0.key }) ?? true { least = (place, key) }
      }
    }
    return least?.place
  }

  /// Puts a node into the row of another: behind the others, or in the place of the one that is needed least.
  ///
  /// - Returns: whether it is there.
  func lead(_ host: Slot, to slot: Slot, _ codes: Codes) -> Bool {
    var row = neighbours(host, 0)
    if row.contains(slot) { return true }
    if row.count < memory.capacity(level: 0) {
      row.append(slot)
    } else {
      guard let least = leastNeeded(in: row, codes.memory) else { return false }
      row[least] = slot
    }
    replace(host, 0, by: row, codes, drafts[0]) { _ in }
    return true
  }
}
