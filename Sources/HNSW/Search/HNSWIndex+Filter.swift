/// Searches in which only some vectors may be in the answer.
///
/// Three ways lead to the nearest allowed ones, and their costs decide (``SearchCosts``):
///
/// - Walking the graph through all nodes while only allowed ones enter the results. With a share s of nodes allowed, about
///   s ef of the nodes walked are, so ef grows with 1 / s.
/// - Comparing the vectors of an ``IDSet`` and no others, where there are few.
/// - Asking the filter about every node and comparing those it allows, where walking would be longer.
///
/// What a predicate allows is not known before it is asked: a few nodes are, and then the first walk tells, near the
/// query, where it matters.
extension HNSWIndex {
  /// The k vectors nearest to a query among those of a set of ids.
  ///
  ///     let mine = IDSet(photos.map(\.id))
  ///     let answer = try index.search(query, k: 10, where: mine)
  ///
  /// There are k hits whenever the index holds k vectors of the set.
  ///
  /// - Parameters:
  ///   - query: `[dimension]` values.
  ///   - k: how many hits. Zero or less gives none.
  ///   - ef: candidates kept while walking the graph; grows by itself where few are allowed; nil as for searches
  ///     without a filter.
  ///   - ids: which may be in the answer. Those not in the index do no harm.
  /// - Throws: ``IndexError`` for a query of the wrong dimension, with NaN or infinity, or zero under cosine.
  public func search(
    _ query: UnsafeBufferPointer<Float>, k: Int, ef: Int? = nil, where ids: IDSet
  ) throws -> SearchResult {
    try answering(query) { scratch in
      let allowance = SetAllowance(memory: graph.memory, view: ids.members.view)
      return withExtendedLifetime(ids.members) {
        findAllowed(k: k, ef: ef, allowance: allowance, set: ids.members, scratch: scratch)
      }
    }
  }

  /// The k vectors nearest to a query among those of a set of ids; see
  /// ``search(_:k:ef:where:)-(UnsafeBufferPointer<Float>,_,_,IDSet)``.
  public func search(_ query: [Float], k: Int, ef: Int? = nil, where ids: IDSet) throws -> SearchResult {
    try query.withUnsafeBufferPointer { try search($0, k: k, ef: ef, where: ids) }
  }

  /// The k nearest vectors that the allowance lets through.
  ///
  /// - Parameter set: the ids that the allowance is made of, if it is.
  func findAllowed<A: Allowance>(
    k: Int, ef: Int?, allowance: A, set: IDSet.Members?, scratch: Scratch
  ) -> SearchResult {
    distinct(k: k, allowance: allowance, scratch: scratch) {
      let live = count
      let k = min(k, live)
      guard k > 0, set?.ids.isEmpty != true else { return SearchResult(hits: [], method: .filtered) }
      if live > parameters.exactBelow,
        let hits = walkAllowed(k: k, ef: ef, live: live, allowance: allowance, set: set, scratch: scratch)
      {
        return SearchResult(hits: hits, method: .graph)
      }
      if let set, let hits = compare(set, k: k, live: live, allowance: allowance, scratch: scratch) {
        return SearchResult(hits: hits, method: .filtered)
      }
      return SearchResult(
        hits: graph.scan(query: scratch.query, k: k, allowance: allowance), method: .filtered)
    }
  }

  /// Walks the graph, wider until enough of what it passes is allowed; nil where comparing is cheaper.
  private func walkAllowed<A: Allowance>(
    k: Int, ef: Int?, live: Int, allowance: A, set: IDSet.Members?, scratch: Scratch
  ) -> [SearchHit]? {
    guard var ef = effectiveEf(ef, k: k, live: live) else { return nil }
    let costs = costs
    /// What comparing costs instead; before anything is known of a predicate, at least asking it.
    func comparing(share: Double) -> Double {
      let scan = costs.ask + costs.compare(Int(share * Double(live)))
      return set.map { min(scan, costs.compare($0.ids.count)) } ?? scan
    }
    var share = set.map { min(Double($0.ids.count) / Double(live), 1) } ?? 0.1
    let sampled = set == nil ? sampledShare(allowance) : share
    if let sampled {
      share = sampled
      // The k-th allowed is the farther down the fewer are allowed, and harder to find there.
      ef = max(Self.ef(toFind: k, share: share, live: live), min(Int(Double(ef) / max(share, 0.01).squareRoot()), live))
    }
    guard costs.walk(ef: ef) < comparing(share: share), let codes = graph.prepareCodes(scratch) else { return nil }
    while true {
      let (results, expanded) = graph.searchGround(
        codes: codes, ef: ef, limit: ef, allowance: allowance, scratch: scratch)
      let found = results.count
      if found >= k + k / 2 || (found >= k && expanded >= live) {
        return graph.exactHits(results, limit: k, codes: codes, scratch: scratch)
      }
      // All there is to walk was walked.
      if expanded < ef || ef >= live { return nil }
      // What is allowed may lie near the query or far from it: what the walk passed counts.
      let passed = (Double(found) + 0.5) / Double(expanded)
      ef = max(Self.ef(toFind: k, share: passed, live: live), min(2 * ef, live))
      if set == nil { share = passed }
      if costs.walk(ef: ef) >= comparing(share: share) { return nil }
    }
  }

  /// The share of a few nodes that the allowance lets through; nil where that is too few to say.
  private func sampledShare<A: Allowance>(_ allowance: A) -> Double? {
    let end = UInt64(max(graph.slotEnd.load(ordering: .acquiring), 1))
    let allowed = (0..<32).count { allowance.allows(UInt32(truncatingIfNeeded: mixed($0) % end)) }
    return allowed >= 3 ? Double(allowed) / 32 : nil
  }

  /// The ef with which a walk passes k allowed nodes and half as many more, if this share is allowed.
  private static func ef(toFind k: Int, share: Double, live: Int) -> Int {
    let wanted = (2 * Double(k) + 4) / max(share, 1e-9)
    return wanted < Double(live) ? Int(wanted) : live
  }

  /// Compares the vectors of a set and no others; nil where they moved too fast to be found.
  private func compare<A: Allowance>(
    _ set: IDSet.Members, k: Int, live: Int, allowance: A, scratch: Scratch
  ) -> [SearchHit]? {
    guard costs.compare(set.ids.count) < costs.ask + costs.compare(min(set.ids.count, live)) else { return nil }
    for attempt in 0..<3 {
      let places = locate(set, anew: attempt > 0)
      let (hits, refused) = places.withUnsafeBufferPointer {
        graph.compare($0, query: scratch.query, k: k, allowance: allowance)
      }
      // A vector that was moved meanwhile is elsewhere now; one that was removed is not.
      if refused == 0 { return hits }
    }
    return nil
  }

  /// Where the ids of a set are, in the order of memory.
  private func locate(_ set: IDSet.Members, anew: Bool) -> [Slot] {
    let now = changes.load(ordering: .acquiring)
    if !anew, let known = set.places(in: serial, changes: now) { return known }
    var slots: [Slot] = []
    slots.reserveCapacity(set.ids.count)
    // A few at a time, so that no other search waits long for the table.
    for start in stride(from: 0, to: set.ids.count, by: 256) {
      let part = set.ids[start..<min(start + 256, set.ids.count)]
      table.withLock { table in
        for id in part {
          if let slot = table[id] { slots.append(slot) }
        }
      }
    }
    slots.sort()
    set.remember(IDSet.Places(index: serial, changes: now, slots: slots))
    return slots
  }
}
