import Synchronization

extension GraphWriter {
  /// With fewer nodes there is no graph: a scan of them all is faster, and a projection would be learned from too little.
  static let fewestNodes = 64
  /// A projection is learned anew after this many times the insertions that had happened when it was learned.
  private static let outgrown = 8

  /// Sees to it that there are codes for the graph as it is now, learning the projection where it is missing or outgrown.
  ///
  /// - Returns: whether all nodes need to be linked, as this is the beginning of the graph.
  func learnIfNeeded() -> Bool {
    if let codes {
      if insertions >= codes.learnedAt * Self.outgrown { learn() }
      return false
    }
    guard graph.count.load(ordering: .relaxed) >= Self.fewestNodes else { return false }
    learn()
    return true
  }

  /// Learns a projection from the nodes there are, encodes them and their rows with it, and lets searches use that.
  private func learn() {
    let live = liveSlots
    let size = min(Projection.sampleSize(dimension: memory.dimension), live.count)
    // In random order: collections have patterns that a stride would fall in with.
    var random = SequenceGenerator(seed: parameters.seed ^ UInt64(insertions))
    var order = live
    for i in 0..<size { order.swapAt(i, i + Int(random.next() % UInt64(order.count - i))) }
    let sample = order.prefix(size).map { UnsafePointer(memory.vector($0)) }
    let projection = Projection.learned(
      from: sample, of: live.count, dimension: memory.dimension, stride: memory.stride,
      isCompact: parameters.vectors != .memory, seed: parameters.seed,
      threads: threads, kernels: graph.codeKernels)
    let fresh = Codes(projection: projection, nodes: memory, metric: graph.metric, learnedAt: insertions)
    fresh.reserve(
      slots: graph.slotEnd.load(ordering: .relaxed), ordinals: Int(graph.storage.ordinalEnd))
    drafts = (0..<threads).map { _ in EdgeDraft(fresh, dimension: memory.dimension) }
    // Ghosts too: rows still lead through them.
    let reachable = live + ghosts
    encode(reachable, fresh)
    if codes != nil {
      let drafts = drafts
      Parallel.forEach(reachable.count, threads: threads) { [self] i, thread in
        for level in 0...Int(memory.height(reachable[i]).pointee) {
          fresh.setRow(
            reachable[i], level, to: neighbours(reachable[i], level), draft: drafts[thread])
        }
      }
    }
    let old = codes
    codes = fresh
    graph.publish(fresh)
    if let old { retiredCodes.append((old, graph.reclamation.nextEpoch())) }
    releaseCodes()
  }

  /// Frees codes that no search uses any more.
  func releaseCodes() {
    guard !retiredCodes.isEmpty else { return }
    let earliest = graph.reclamation.earliestEpoch()
    retiredCodes.removeAll { earliest == nil || earliest! >= $0.epoch }
  }

  /// Writes the node codes of nodes that nobody can reach by the codes.
  func encode(_ slots: [Slot], _ codes: Codes) {
    let drafts = drafts
    Parallel.forEach(slots.count, threads: threads) { i, thread in
      codes.encodeNode(slots[i], buffers: drafts[thread].buffers, coordinates: drafts[thread].coordinates)
    }
  }
}
