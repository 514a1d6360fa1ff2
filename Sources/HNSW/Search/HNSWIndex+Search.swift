extension HNSWIndex {
  /// The k vectors nearest to a query.
  ///
  /// There are k hits whenever the index holds k vectors that the filter allows, however few those are.
  ///
  /// - Parameters:
  ///   - query: `[dimension]` values.
  ///   - k: how many hits. Zero or less gives none.
  ///   - ef: candidates kept while walking the graph: more is better recall, slower. At least k; nil for what finds 95 of a hundred
  ///     of the nearest on the average, as the index measured it on its own vectors: 64 for ten or fewer, or more, or comparing
  ///     every vector where no ef does.
  ///   - isAllowed: keeps ids out of the answer. Called on this thread, maybe more than once for an id.
  /// - Throws: ``IndexError`` for a query of the wrong dimension, with NaN or infinity, or zero under cosine.
  public func search(
    _ query: UnsafeBufferPointer<Float>, k: Int, ef: Int? = nil, where isAllowed: ((Int64) -> Bool)? = nil
  ) throws -> SearchResult {
    try answering(query) { scratch in
      guard let isAllowed else { return find(k: k, ef: ef, scratch: scratch) }
      let allowance = PredicateAllowance(memory: graph.memory, isAllowed: isAllowed)
      return findAllowed(k: k, ef: ef, allowance: allowance, set: nil, scratch: scratch)
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
      guard let isAllowed else {
        let hits = scanForDistinct(k: k, allowance: EveryNode(memory: graph.memory), scratch: scratch)
        return SearchResult(hits: hits, method: .exact)
      }
      let allowance = PredicateAllowance(memory: graph.memory, isAllowed: isAllowed)
      return SearchResult(
        hits: scanForDistinct(k: k, allowance: allowance, scratch: scratch), method: .filtered)
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
      guard let codes = graph.prepareCodes(scratch) else { return nil }
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
}

extension HNSWIndex {
  /// Checks a query, copies it into a scratch and runs a search, during which nothing it reaches is used again.
  func answering(
    _ query: UnsafeBufferPointer<Float>, _ find: (Scratch) throws -> SearchResult
  ) throws -> SearchResult {
    try graph.reclamation.reading { scratch in
      try graph.space.prepare(query, dimension: dimension, into: scratch.query)
      return try find(scratch)
    }
  }

  /// Runs a search; where it met an id in its old and its new version, because it is updated meanwhile, `scan` answers.
  func distinct<A: Allowance>(
    k: Int, allowance: A, scratch: Scratch, _ find: () -> SearchResult
  ) -> SearchResult {
    let before = updates.load(ordering: .acquiring)
    var result = find()
    let after = updates.load(ordering: .acquiring)
    guard before & 1 != 0 || before != after, result.hits.removeLaterCopies() else { return result }
    result.hits = scanForDistinct(k: k, allowance: allowance, scratch: scratch)
    result.method = allowance is EveryNode ? .exact : .filtered
    return result
  }

  /// Walks the graph, and compares everything where that is cheaper or the graph does not lead to k.
  func find(k: Int, ef: Int?, scratch: Scratch) -> SearchResult {
    let every = EveryNode(memory: graph.memory)
    return distinct(k: k, allowance: every, scratch: scratch) {
      let live = count
      let k = min(k, live)
      guard k > 0 else { return SearchResult(hits: [], method: .exact) }
      if live > parameters.exactBelow, let ef = effectiveEf(ef, k: k, live: live), costs.walk(ef: ef) < costs.scan,
        let codes = graph.prepareCodes(scratch)
      {
        let (results, _) = graph.searchGround(
          codes: codes, ef: ef, limit: Self.resultLimit(k: k, ef: ef), allowance: every, scratch: scratch)
        if results.count >= k {
          return SearchResult(hits: graph.exactHits(results, limit: k, codes: codes, scratch: scratch), method: .graph)
        }
      }
      return SearchResult(hits: graph.scan(query: scratch.query, k: k, allowance: every), method: .exact)
    }
  }

  /// The ef of a search: what was asked for, or what finds most of the nearest here (``Graph/usualEf``), for more than 32 of them
  /// the more; not more than there are vectors.
  ///
  /// - Returns: nil where no ef was asked for, and comparing everything is what finds them.
  func effectiveEf(_ ef: Int?, k: Int, live: Int) -> Int? {
    let chosen: Int
    if let ef {
      chosen = ef
    } else {
      guard let usual = graph.usualEf else { return nil }
      chosen = k > live / 2 ? live : max(usual, Int(min(2 * Double(k) * Double(usual) / 64, Double(live))))
    }
    return max(min(chosen, live), k, 1)
  }

  /// How many of the expanded nodes are worth an exact look.
  static func resultLimit(k: Int, ef: Int) -> Int { min(ef, 2 * k + ef / 2) }

  /// What searches cost here.
  var costs: SearchCosts { SearchCosts(dimension: dimension, live: count) }

  /// A scan that counts an id once, also when it meets both vectors of one that is updated meanwhile.
  func scanForDistinct<A: Allowance>(k: Int, allowance: A, scratch: Scratch) -> [SearchHit] {
    let k = max(min(k, count), 0)
    var surplus = updates.load(ordering: .acquiring) & 1
    while true {
      var hits = graph.scan(query: scratch.query, k: k + surplus, allowance: allowance)
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
  @discardableResult
  mutating func removeLaterCopies() -> Bool {
    var seen = Set<Int64>(minimumCapacity: count)
    let before = count
    removeAll { !seen.insert($0.id).inserted }
    return count != before
  }
}
