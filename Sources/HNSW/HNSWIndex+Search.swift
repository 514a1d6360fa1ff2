extension HNSWIndex {
  /// The k vectors nearest to a query.
  ///
  /// There are k hits whenever the index holds k vectors that the filter allows, however few those are.
  ///
  /// - Parameters:
  ///   - query: `[dimension]` values.
  ///   - k: how many hits. Zero or less gives none.
  ///   - ef: candidates kept while walking the graph: more is better recall, slower. At least k; by default 64 or 2 k.
  ///   - isAllowed: keeps ids out of the answer. Called on this thread, maybe more than once for an id.
  /// - Throws: ``IndexError`` for a query of the wrong dimension, with NaN or infinity, or zero under cosine.
  public func search(
    _ query: UnsafeBufferPointer<Float>, k: Int, ef: Int? = nil, where isAllowed: ((Int64) -> Bool)? = nil
  ) throws -> SearchResult {
    try graph.reclamation.reading { scratch in
      try graph.space.prepare(query, dimension: dimension, into: scratch.query)
      let before = updates.load(ordering: .acquiring)
      var result = find(k: k, ef: ef, where: isAllowed, scratch: scratch)
      let after = updates.load(ordering: .acquiring)
      if before & 1 != 0 || before != after {
        // An updated vector may have been met in both its versions.
        if result.hits.removeLaterCopies() {
          result.hits = scanForDistinct(k: k, where: isAllowed, scratch: scratch)
          result.method = isAllowed == nil ? .exact : .filtered
        }
      }
      return result
    }
  }

  /// The k vectors nearest to a query; see ``search(_:k:ef:where:)-(UnsafeBufferPointer<Float>,_,_,_)``.
  public func search(
    _ query: [Float], k: Int, ef: Int? = nil, where isAllowed: ((Int64) -> Bool)? = nil
  ) throws -> SearchResult {
    try query.withUnsafeBufferPointer { try search($0, k: k, ef: ef, where: isAllowed) }
  }

  /// The k nearest vectors for certain, found by comparing the query with every vector that the filter allows.
  ///
  /// - Throws: ``IndexError`` for a query of the wrong dimension, with NaN or infinity, or zero under cosine.
  public func searchExactly(
    _ query: UnsafeBufferPointer<Float>, k: Int, where isAllowed: ((Int64) -> Bool)? = nil
  ) throws -> SearchResult {
    try graph.reclamation.reading { scratch in
      try graph.space.prepare(query, dimension: dimension, into: scratch.query)
      let hits = scanForDistinct(k: k, where: isAllowed, scratch: scratch)
      return SearchResult(hits: hits, method: isAllowed == nil ? .exact : .filtered)
    }
  }

  /// The k nearest vectors for certain; see ``searchExactly(_:k:where:)-(UnsafeBufferPointer<Float>,_,_)``.
  public func searchExactly(
    _ query: [Float], k: Int, where isAllowed: ((Int64) -> Bool)? = nil
  ) throws -> SearchResult {
    try query.withUnsafeBufferPointer { try searchExactly($0, k: k, where: isAllowed) }
  }
}

extension HNSWIndex {
  /// What the graph alone finds with this ef, be it fewer than there are; nil while there is no graph yet. For tests and
  /// measurements.
  package func searchGraph(_ query: [Float], ef: Int) throws -> [SearchHit]? {
    try graph.reclamation.reading { scratch in
      try query.withUnsafeBufferPointer { try graph.space.prepare($0, dimension: dimension, into: scratch.query) }
      guard let codes = prepareCodes(scratch) else { return nil }
      let ef = max(ef, 1)
      let (results, _) = graph.searchGround(
        codes: codes, ef: ef, limit: ef, allowance: EveryNode(memory: graph.memory), scratch: scratch)
      return graph.exactHits(results, limit: ef, codes: codes, scratch: scratch)
    }
  }

  /// The rows of the graph, for tests: by slot, the id and the slots of its neighbours on each of its levels.
  package func rows() -> [UInt32: (id: Int64, neighbours: [[UInt32]])] {
    writer.withLock { writer in
      let live = (0..<UInt32(graph.slotEnd.load(ordering: .acquiring))).filter { graph.memory.isLive($0) }
      return Dictionary(
        uniqueKeysWithValues: live.map { slot in
          let levels = 0...Int(graph.memory.height(slot).pointee)
          return (slot, (graph.memory.id(slot).pointee, levels.map { writer.neighbours(slot, $0) }))
        })
    }
  }

  private func prepareCodes(_ scratch: Scratch) -> CodeMemory? {
    graph.codes?._withUnsafeGuaranteedRef { codes in
      scratch.prepare(codes)
      return codes.memory
    }
  }

  /// Walks the graph, wider while a filter leaves too few, and compares everything where that is cheaper or the
  /// graph does not lead to k.
  private func find(k: Int, ef: Int?, where isAllowed: ((Int64) -> Bool)?, scratch: Scratch) -> SearchResult {
    let live = count
    let k = min(k, live)
    guard k > 0 else { return SearchResult(hits: [], method: .exact) }
    var ef = max(min(ef ?? max(64, 2 * k), live), k, 1)
    if live > parameters.exactBelow, price(ef: ef) < live, let codes = prepareCodes(scratch) {
      guard let isAllowed else {
        let (results, _) = graph.searchGround(
          codes: codes, ef: ef, limit: min(ef, 2 * k + ef / 2), allowance: EveryNode(memory: graph.memory),
          scratch: scratch)
        if results.count >= k {
          return SearchResult(hits: graph.exactHits(results, limit: k, codes: codes, scratch: scratch), method: .graph)
        }
        return SearchResult(hits: graph.scan(query: scratch.query, k: k, where: nil), method: .exact)
      }
      let allowance = PredicateAllowance(memory: graph.memory, isAllowed: isAllowed)
      while price(ef: ef) < live {
        let (results, expanded) = graph.searchGround(
          codes: codes, ef: ef, limit: ef, allowance: allowance, scratch: scratch)
        let found = results.count
        if found >= k + k / 2 || (found >= k && expanded >= live) {
          return SearchResult(hits: graph.exactHits(results, limit: k, codes: codes, scratch: scratch), method: .graph)
        }
        if expanded < ef { break }
        let wanted = found == 0 ? ef * 8 : Int(Double(ef) * 1.75 * Double(k) / Double(found))
        ef = min(max(wanted, ef * 2), live)
        // A scan asks the filter for every id, about a tenth of a comparison, and compares what it allows.
        let allowed = Int(Double(live) * Double(found) / Double(max(expanded, 1)))
        if price(ef: ef) >= live / 10 + allowed { break }
      }
    }
    return SearchResult(
      hits: graph.scan(query: scratch.query, k: k, where: isAllowed),
      method: isAllowed == nil ? .exact : .filtered)
  }

  /// What walking the graph with ef costs, in comparisons of a scan.
  ///
  /// An expansion reads a row of codes from memory that no prefetcher foresees; a scan reads vectors one after the other,
  /// the longer for more dimensions.
  private func price(ef: Int) -> Int {
    ef * (4 + 1_024 / dimension + ef / 512)
  }

  /// A scan that counts an id once, also when it meets both vectors of one that is updated meanwhile.
  private func scanForDistinct(k: Int, where isAllowed: ((Int64) -> Bool)?, scratch: Scratch) -> [SearchHit] {
    let k = max(min(k, count), 0)
    var surplus = updates.load(ordering: .acquiring) & 1
    while true {
      var hits = graph.scan(query: scratch.query, k: k + surplus, where: isAllowed)
      let repeated = hits.removeLaterCopies()
      // More updates in one scan than there are vectors leave nothing to gain.
      if !repeated || hits.count >= k || surplus > count {
        if hits.count > k { hits.removeLast(hits.count - k) }
        return hits
      }
      surplus = 2 * surplus + 8
    }
  }
}

extension [SearchHit] {
  /// Keeps the first hit of each id.
  ///
  /// - Returns: whether any id was there twice.
  fileprivate mutating func removeLaterCopies() -> Bool {
    var seen = Set<Int64>(minimumCapacity: count)
    let before = count
    removeAll { !seen.insert($0.id).inserted }
    return count != before
  }
}
