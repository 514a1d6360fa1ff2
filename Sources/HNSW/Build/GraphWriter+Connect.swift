import Synchronization

/// How new nodes come into the graph.
///
/// Nodes are linked in rounds (as ParlayANN does; Manohar et al., PPoPP 2024). In a round every node searches the graph
/// as it was before the round, so that no search depends on another, chooses its neighbours, and then every node
/// that was chosen takes up those who chose it, each once. Those of a short round are compared with each other
/// besides: what arrives together may be alike, and like nobody else. Threads share the nodes of a step; which of them does what
/// leaves no trace: the same operations make the same graph, byte for byte, on any number of threads.
extension GraphWriter {
  /// Adds a node that ``makeNode(row:id:)`` made to the graph, or many.
  ///
  /// Many at a time are linked in rounds of half as many as there are, with a short beam, a draft; then all of them once more, with
  /// the whole graph to choose from. For the draft they are taken in an order of chance: what comes sorted would in each round lie
  /// beyond all that there is, and link to its border alone. A short beam is filled by one group where vectors come in groups: where the draft loses nodes,
  /// beams become longer, up to half of the last ones.
  func link(_ new: [Slot], progress: (Int) throws -> Void) throws {
    releaseCodes()
    let isFirst = learnIfNeeded()
    guard let codes else { return }
    let (slots, ordinals) = (graph.slotEnd.load(ordering: .relaxed), Int(graph.storage.ordinalEnd))
    // Rows are about to lead searches that still go by older codes to the new nodes: blocks there, on every level, though
    // they say nothing.
    for old in retiredCodes { old.codes.reserve(slots: slots, ordinals: ordinals) }
    let count = graph.count.load(ordering: .relaxed)
    guard isFirst, new.count < count else {
      if !isFirst {
        codes.reserve(slots: slots, ordinals: ordinals)
        encode(new, codes)
      }
      return try connectAll(new, after: max(count - new.count, 0), codes, progress: progress)
    }
    // Those that were there before stay when the new ones are given up, and have to be linked then: all are.
    var failure: (any Error)?
    connectAll(liveSlots, after: 0, codes) { done in
      guard failure == nil else { return }
      do { try progress(done * new.count / count) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// - Parameter linked: how many nodes are in the graph.
  private func connectAll(
    _ nodes: [Slot], after linked: Int, _ codes: Codes, progress: (Int) throws -> Void
  ) rethrows {
    var linked = linked
    let isBulk = nodes.count > max(linked / 4, 1)
    let order = isBulk ? shuffled(nodes) : nodes
    let final = max(parameters.efConstruction / 2, memory.M)
    var draft = max(parameters.efConstruction / 8, memory.M)
    let longestDraft = max(final / 2, draft)
    var at = 0
    while at < nodes.count {
      // Of new nodes that are unlike the graph each round should know half as many.
      let size = min(
        max(isBulk ? min(linked / 2, max(at, Self.longestAcquainted)) : min(linked / 16, Self.longestAcquainted), 1),
        nodes.count - at, 16_384)
      connect(
        Array(order[at..<at + size]), ef: isBulk ? draft : max(parameters.efConstruction, memory.M), areNew: true, codes
      )
      at += size
      linked += size
      if isBulk, draft < longestDraft,
        shareLost(of: order[..<at], ef: draft, sample: 128, codes) > Self.toleratedInDraft,
        !isFlat(order[..<at], codes)
      {
        draft = longestDraft
      }
      try progress(isBulk ? at / 2 : at)
    }
    guard isBulk, nodes.count > 1 else {
      mend(nodes, codes)
      noteChanges(nodes.count, codes)
      return
    }
    measureStarts(codes)
    at = 0
    while at < nodes.count {
      let size = min(nodes.count - at, 65_536)
      connect(Array(nodes[at..<at + size]), ef: final, areNew: false, codes)
      at += size
      try progress((nodes.count + at) / 2)
    }
    look(codes)
  }

  /// The most nodes of a round that are compared with each other: it costs less than a tenth of what linking them does.
  private static let longestAcquainted = 1_024

  private func shuffled(_ nodes: [Slot]) -> [Slot] {
    var random = SequenceGenerator(seed: parameters.seed ^ UInt64(insertions))
    var order = nodes
    for i in order.indices { order.swapAt(i, i + Int(random.next() % UInt64(order.count - i))) }
    return order
  }

  /// One round.
  ///
  /// - Parameter areNew: whether no node of it is linked yet.
  private func connect(_ nodes: [Slot], ef: Int, areNew: Bool, _ codes: Codes) {
    var round: [Slot] = []
    for slot in nodes {
      let height = Int(memory.height(slot).pointee)
      guard let entry = graph.entry else {
        for level in 0...height { codes.setRow(slot, level, to: [], draft: drafts[0]) }
        graph.setEntry(.init(slot: slot, level: height))
        continue
      }
      if height > entry.level {
        // A new highest level must be known to the others.
        for level in entry.level + 1...height { codes.setRow(slot, level, to: [], draft: drafts[0]) }
        connectAtOnce([slot], ef: ef, codes)
        graph.setEntry(.init(slot: slot, level: height))
      } else {
        round.append(slot)
      }
    }
    let isAcquainted = areNew && 2...Self.longestAcquainted ~= round.count
    if !round.isEmpty { connectAtOnce(round, ef: ef, knowing: isAcquainted ? round : [], codes) }
  }

  /// - Parameter others: nodes that nobody links to yet, and that are to be known.
  private func connectAtOnce(_ nodes: [Slot], ef: Int, knowing others: [Slot] = [], _ codes: Codes) {
    let proposals = Parallel.map(nodes.count, threads: threads) { [self] i in
      propose(nodes[i], ef: ef, knowing: others, codes.memory)
    }
    let dropped = NotedSlots(threads: threads)
    let drafts = drafts
    Parallel.forEach(nodes.count, threads: threads) { [self] i, thread in
      for proposal in proposals[i] {
        replace(nodes[i], proposal.level, by: proposal.row, codes, drafts[thread]) { dropped.note($0, thread) }
      }
    }
    linkBack(nodes, proposals, codes) { dropped.note($0, $1) }
    for slot in dropped.sorted(with: nodes) where memory.degree(slot).pointee.load(ordering: .relaxed) == 0 {
      makeReachable(slot, codes)
    }
  }

  /// Has those that were chosen take up those who chose them.
  ///
  /// - Parameter dropped: hears who was taken out of a row, and on which thread.
  func linkBack(
    _ nodes: [Slot], _ proposals: [[Proposal]], _ codes: Codes,
    dropped: @Sendable (Slot, Int) -> Void = { _, _ in }
  ) {
    let drafts = drafts
    for level in 0...(proposals.lazy.compactMap { $0.lazy.map(\.level).max() }.max() ?? 0) {
      let incoming = IncomingLinks(nodes: nodes, proposals: proposals, level: level, graph: graph)
      let targets = incoming.targets
      Parallel.forEach(targets.count, threads: threads) { [self] i, thread in
        take(incoming.sources(i), into: targets[i], level, codes, drafts[thread]) { dropped($0, thread) }
      }
    }
  }

  /// What a node would have for neighbours on its levels, highest first.
  private func propose(_ slot: Slot, ef: Int, knowing others: [Slot], _ codes: CodeMemory) -> [Proposal] {
    graph.reclamation.reading { scratch in
      guard let entry = graph.entry else { return [] }
      scratch.prepare(codes, node: slot)
      let top = min(Int(memory.height(slot).pointee), entry.level)
      let begin =
        top == 0
        ? graph.start(codes: codes, query: scratch.coded, scratch: scratch)
        : graph.approach(top, codes: codes, query: scratch.coded, scratch: scratch)
      guard var start = begin else { return [] }
      var proposals: [Proposal] = []
      for level in stride(from: top, through: 0, by: -1) {
        let ef = level == 0 ? ef : max(ef / 2, memory.M)
        var pool = scratch.makePool(ef: ef)
        var results = scratch.makeResults(limit: ef)
        let visited = scratch.makeVisited(limit: graph.slotEnd.load(ordering: .relaxed))
        graph.search(
          level, codes: codes, query: scratch.coded, from: start, pool: &pool, results: &results,
          visited: visited, allowance: AllBut(memory: memory, excluded: slot), scratch: scratch)
        if results.count > 0 { start = results[0].slot }
        for other in others where other != slot && Int(memory.height(other).pointee) >= level {
          results.insert(Candidate(key: codes.key(codes.block(other), scratch.coded), slot: other))
        }
        var candidates = (0..<results.count).map { results[$0] }
        // A node that is linked already knows neighbours that the search may have missed.
        let known = neighbours(slot, level).filter { old in
          memory.isLive(old) && !candidates.contains { $0.slot == old }
        }
        if !known.isEmpty {
          candidates.append(contentsOf: ranked(known, from: slot, codes))
          candidates.sort()
        }
        let chosen = choose(candidates, for: slot, limit: memory.capacity(level: level), codes)
        proposals.append(Proposal(level: level, row: chosen.row, diverse: chosen.diverse))
      }
      return proposals
    }
  }

  /// Takes new neighbours into a row, choosing anew where they are too many.
  private func take(
    _ sources: ArraySlice<Slot>, into target: Slot, _ level: Int, _ codes: Codes, _ draft: EdgeDraft,
    dropped: (Slot) -> Void
  ) {
    let row = neighbours(target, level)
    let new = sources.filter { !row.contains($0) }
    if new.isEmpty { return }
    let capacity = memory.capacity(level: level)
    var merged = row + new
    if merged.count > capacity {
      let live = merged.filter { memory.isLive($0) }
      merged = choose(ranked(live, from: target, codes.memory), for: target, limit: capacity, codes.memory).row
    }
    replace(target, level, by: merged, codes, draft, dropped: dropped)
  }

  /// Writes a row and keeps count of who is in rows of level 0.
  func replace(
    _ slot: Slot, _ level: Int, by row: [Slot], _ codes: Codes, _ draft: EdgeDraft, dropped: (Slot) -> Void
  ) {
    if level == 0 {
      let old = neighbours(slot, level)
      for neighbour in old where !row.contains(neighbour) {
        memory.degree(neighbour).pointee.subtract(1, ordering: .relaxed)
        dropped(neighbour)
      }
      for neighbour in row where !old.contains(neighbour) {
        memory.degree(neighbour).pointee.add(1, ordering: .relaxed)
      }
    }
    codes.setRow(slot, level, to: row, draft: draft)
  }

  /// Puts a node that may be in nobody's row into one: of its neighbours, or of theirs, the first with room, or with a neighbour
  /// that others have too; or, where all around are as lonely, any row.
  func makeReachable(_ slot: Slot, _ codes: Codes) {
    guard memory.isLive(slot) else { return }
    var hosts = neighbours(slot, 0)
    var seen = Set(hosts + [slot])
    var at = 0
    while at < hosts.count, at < 128 {
      let host = hosts[at]
      at += 1
      if memory.isLive(host), lead(host, to: slot, codes) { return }
      // Beyond removed nodes, too.
      for next in neighbours(host, 0) where seen.insert(next).inserted { hosts.append(next) }
    }
    // Inner products link all to the few longest, whose rows are soon full of those whom nobody else leads to.
    let end = UInt64(graph.slotEnd.load(ordering: .relaxed))
    for number in 0..<1_024 as Range<UInt64> {
      let host = Slot(mixed(parameters.seed ^ mixed(UInt64(slot) << 32 | number)) % end)
      if host != slot, memory.isLive(host), lead(host, to: slot, codes) { return }
    }
  }
}

/// The neighbours that a node would have on one level.
struct Proposal {
  var level: Int
  var row: [Slot]
  /// So many from the front are diverse: they are to link back.
  var diverse: Int
}
