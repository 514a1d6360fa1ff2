import Synchronization

/// How nodes leave the graph.
///
/// A removed node is out of every answer at once, but the ways through it stay for a while: it is a ghost. When ghosts have
/// become many, one sweep mends all rows that lead to them, and their memory is used again (as FreshDiskANN consolidates
/// its deletes; Singh et al., 2021). So a removal costs little, and rows are mended with the whole neighbourhood known.
extension GraphWriter {
  /// Takes a node out of all answers.
  func remove(_ slot: Slot) {
    memory.live(slot).pointee.store(0, ordering: .releasing)
    graph.count.subtract(1, ordering: .relaxed)
    guard codes != nil else {
      // Nothing links to it.
      graph.reclamation.retire(slot)
      return
    }
    ghosts.append(slot)
    let live = graph.count.load(ordering: .relaxed)
    if ghosts.count >= max(live / 16, 32) || live == 0 { sweep() }
  }

  /// Takes many nodes out of all answers and out of the graph.
  func remove(_ slots: [Slot]) {
    for slot in slots {
      memory.live(slot).pointee.store(0, ordering: .releasing)
      graph.count.subtract(1, ordering: .relaxed)
      if codes == nil { graph.reclamation.retire(slot) } else { ghosts.append(slot) }
    }
    sweep()
  }

  /// Mends every row that leads to a ghost, and gives the places of the ghosts back.
  func sweep() {
    guard let codes, !ghosts.isEmpty else { return }
    let live = liveSlots
    if live.isEmpty {
      graph.setEntry(nil)
    } else {
      let drafts = drafts
      let stranded = NotedSlots(threads: threads)
      let proposals = Parallel.map(live.count, threads: threads) { [self] i, thread in
        var proposals: [Proposal] = []
        for level in 0...Int(memory.height(live[i]).pointee) {
          if let new = mend(live[i], level, codes, drafts[thread]), !new.isEmpty {
            proposals.append(Proposal(level: level, row: new, diverse: new.count))
          }
          if level == 0, neighbours(live[i], 0).isEmpty { stranded.note(live[i], thread) }
        }
        return proposals
      }
      linkBack(live, proposals, codes)
      if let entry = graph.entry, !memory.isLive(entry.slot) {
        let highest = live.max { a, b in
          (memory.height(a).pointee, b) < (memory.height(b).pointee, a)
        }
        graph.setEntry(highest.map { .init(slot: $0, level: Int(memory.height($0).pointee)) })
      }
      reconnect(stranded.sorted(), codes)
    }
    for ghost in ghosts {
      for neighbour in neighbours(ghost, 0) { memory.degree(neighbour).pointee.subtract(1, ordering: .relaxed) }
    }
    graph.beacons.remove { !memory.isLive($0) }
    let removed = ghosts.count
    for ghost in ghosts { graph.reclamation.retire(ghost) }
    ghosts.removeAll()
    for slot in live where memory.degree(slot).pointee.load(ordering: .relaxed) == 0 { makeReachable(slot, codes) }
    noteChanges(removed, codes)
  }

  /// Replaces the ghosts of a row by the neighbours they lead to.
  ///
  /// - Returns: those of them that are new and diverse, which are to link back; nil where the row had no ghosts.
  private func mend(_ slot: Slot, _ level: Int, _ codes: Codes, _ draft: EdgeDraft) -> [Slot]? {
    let row = neighbours(slot, level)
    guard row.contains(where: { !memory.isLive($0) }) else { return nil }
    var candidates: [Slot] = []
    var seen = Set([slot])
    func offer(_ row: ArraySlice<Slot>) {
      for node in row where memory.isLive(node) && seen.insert(node).inserted { candidates.append(node) }
    }
    offer(row[...])
    var waiting = row.filter { !memory.isLive($0) }
    var at = 0
    // Beyond ghosts of ghosts when all around is removed.
    while at < waiting.count, at < memory.capacity(level: level) || candidates.isEmpty {
      let beyond = neighbours(waiting[at], level)
      at += 1
      // Those that lead somewhere; what fills up the other half of its row is near and leaves no place for others.
      offer(beyond.prefix(memory.M))
      if candidates.isEmpty {
        for ghost in beyond where !memory.isLive(ghost) && seen.insert(ghost).inserted { waiting.append(ghost) }
      }
    }
    let chosen = choose(
      ranked(candidates, from: slot, codes.memory), for: slot, limit: memory.capacity(level: level), codes.memory)
    replace(slot, level, by: chosen.row, codes, draft) { _ in }
    return chosen.row.prefix(chosen.diverse).filter { !row.contains($0) }
  }

  /// Links nodes anew whose whole neighbourhood was removed.
  private func reconnect(_ slots: [Slot], _ codes: Codes) {
    let live = graph.count.load(ordering: .relaxed)
    guard live > 1 else { return }
    for slot in slots where neighbours(slot, 0).isEmpty {
      // The nearest of all: there may be no way from the entry point yet.
      let nearest = ranked(liveSlots.filter { $0 != slot }, from: slot, codes.memory)
      let row = choose(
        Array(nearest.prefix(2 * memory.capacity(level: 0))), for: slot, limit: memory.capacity(level: 0),
        codes.memory
      ).row
      replace(slot, 0, by: row, codes, drafts[0]) { _ in }
      makeReachable(slot, codes)
    }
  }
}
