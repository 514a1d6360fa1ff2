/// Searches for all that is near enough.
extension HNSWIndex {
  /// The vectors within a distance of a query, the distance itself included.
  ///
  ///     let alike = try index.search(query, within: 0.6).hits
  ///
  /// Walks the graph until half of what it keeps is beyond the distance, so that few are missed; where that would be
  /// longer than comparing the query with every vector, or little is found so (`GraphWriter+Effort.swift`), it does that.
  ///
  /// - Parameters:
  ///   - query: `[dimension]` values.
  ///   - distance: in the metric's own unit. Infinity finds everything.
  ///   - limit: the most hits to give, the nearest ones; nil for no limit.
  /// - Throws: ``IndexError`` for a query of the wrong dimension, with NaN or infinity, or zero under cosine, and for a
  ///   distance that is not a number.
  public func search(
    _ query: UnsafeBufferPointer<Float>, within distance: Float, limit: Int? = nil
  ) throws -> SearchResult {
    guard !distance.isNaN else {
      throw IndexError.invalidParameter("the distance to search within is not a number: choose one")
    }
    return try answering(query) { scratch in
      let limit = max(limit ?? .max, 0)
      let before = updates.load(ordering: .acquiring)
      var result = findWithin(distance, limit: limit, scratch: scratch)
      let after = updates.load(ordering: .acquiring)
      if before & 1 != 0 || before != after, result.hits.removeLaterCopies() {
        // An updated vector was met in both its versions, and one that is farther may have had to go for it.
        result = SearchResult(
          hits: graph.scan(query: scratch.query, within: distance, limit: .max), method: .exact)
        result.hits.removeLaterCopies()
        if result.hits.count > limit { result.hits.removeLast(result.hits.count - limit) }
      }
      return result
    }
  }

  /// The vectors within a distance of a query; see ``search(_:within:limit:)-(UnsafeBufferPointer<Float>,_,_)``.
  public func search(_ query: [Float], within distance: Float, limit: Int? = nil) throws -> SearchResult {
    try query.withUnsafeBufferPointer { try search($0, within: distance, limit: limit) }
  }

  private func findWithin(_ distance: Float, limit: Int, scratch: Scratch) -> SearchResult {
    let live = count
    let limit = min(limit, live)
    guard limit > 0, distance >= graph.space.leastDistance else { return SearchResult(hits: [], method: .exact) }
    let costs = costs
    if live > parameters.exactBelow, distance < .infinity, var ef = graph.usualEf, costs.walk(ef: ef) < costs.scan,
      let codes = graph.prepareCodes(scratch)
    {
      while costs.walk(ef: ef) < costs.scan {
        let (results, expanded) = graph.searchGround(
          codes: codes, ef: ef, limit: ef, allowance: EveryNode(memory: graph.memory), scratch: scratch)
        // The graph does not lead to as many as there are.
        if expanded < ef { break }
        var hits = graph.exactHits(results, limit: max(results.count, 1), codes: codes, scratch: scratch)
        while let last = hits.last, last.distance > distance { hits.removeLast() }
        if min(hits.count, limit) <= ef / 2 {
          if hits.count > limit { hits.removeLast(hits.count - limit) }
          return SearchResult(hits: hits, method: .graph)
        }
        ef *= hits.count == results.count ? 4 : 2
      }
    }
    return SearchResult(hits: graph.scan(query: scratch.query, within: distance, limit: limit), method: .exact)
  }
}

extension Graph {
  /// The nearest of all live nodes, none farther than the distance.
  func scan(query: UnsafePointer<Float>, within distance: Float, limit: Int) -> [SearchHit] {
    guard limit > 0 else { return [] }
    let hits = scan(
      query: query, k: limit, allowance: EveryNode(memory: memory), farthest: space.key(ofDistance: distance))
    return Array(hits.prefix { $0.distance <= distance })
  }
}

extension Space {
  /// No vectors are nearer than this.
  fileprivate var leastDistance: Float { metric == .dot ? -.infinity : 0 }

  /// A key that no distance up to this one exceeds, rounding included.
  fileprivate func key(ofDistance distance: Float) -> Float {
    let key: Float =
      switch metric {
      case .euclidean: distance * distance
      case .cosine: 2 * distance
      case .dot: distance
      }
    return key + abs(key) * 1e-5 + .leastNormalMagnitude
  }
}
