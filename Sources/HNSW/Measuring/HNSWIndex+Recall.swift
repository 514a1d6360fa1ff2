import Synchronization

/// Searches that are asked for recall instead of ef.
///
/// The index takes a sample of its own vectors, finds the true nearest of each by comparing it with all, and walks the graph
/// to them with growing ef (``RecallCurve``). A vector that is searched for is taken out of the walk as if it had never been
/// added: its own links would lead straight to the answer, which no query has.
extension HNSWIndex {
  /// The k vectors nearest to a query, of which this share is found on the average of many queries.
  ///
  ///     let answer = try index.search(query, k: 10, recall: 0.98)
  ///
  /// The index measures which ef that takes, at the first such search and again when it has changed by a fifth; that
  /// search waits up to about a second for it. What it learned is ``recallCurve(k:)``. It holds for queries that are like
  /// the vectors of the index.
  ///
  /// - Parameters:
  ///   - query: `[dimension]` values.
  ///   - k: how many hits. Zero or less gives none.
  ///   - recall: 0…1; with 1, or where walking the graph would not pay, every vector is compared.
  /// - Throws: ``IndexError`` for a query of the wrong dimension, with NaN or infinity, or zero under cosine, and for a
  ///   recall outside 0…1.
  public func search(_ query: UnsafeBufferPointer<Float>, k: Int, recall: Double) throws -> SearchResult {
    guard let ef = try ef(forRecall: recall, k: k) else { return try searchExactly(query, k: k) }
    return try search(query, k: k, ef: ef)
  }

  /// The k vectors nearest to a query, of which this share is found on the average; see
  /// ``search(_:k:recall:)-(UnsafeBufferPointer<Float>,_,_)``.
  public func search(_ query: [Float], k: Int, recall: Double) throws -> SearchResult {
    try query.withUnsafeBufferPointer { try search($0, k: k, recall: recall) }
  }

  /// How recall grows with ef for this k, or for the next larger number of 1, 2, 5, 10, 20, 50…; measured now if it
  /// was not, or if a fifth of the index has changed since.
  ///
  /// - Returns: nil while there is no graph to walk, or where k is so large that comparing everything is cheaper; and for k
  ///   above 2,000, where measuring would take too long.
  public func recallCurve(k: Int) -> RecallCurve? {
    let live = count
    let rung = Self.rung(k)
    guard k > 0, rung <= 2_000, live > parameters.exactBelow, rung < live, graph.codes != nil,
      costs.walk(ef: rung) < costs.scan
    else { return nil }
    if let known = knownCurve(rung) { return known }
    return measuring.withLock { _ in
      // Another search may have measured while this one waited.
      if let known = knownCurve(rung) { return known }
      let changes = changes.load(ordering: .acquiring)
      guard let curve = measureRecall(k: rung) else { return nil }
      curves.withLock { $0[rung] = KnownCurve(curve: curve, changes: changes) }
      return curve
    }
  }

  /// The ef that gives this recall; nil to compare everything.
  package func ef(forRecall recall: Double, k: Int) throws -> Int? {
    guard (0...1).contains(recall) else {
      throw IndexError.invalidParameter("the recall is \(recall): choose 0 to 1")
    }
    guard recall < 1, let ef = recallCurve(k: k)?.ef(for: recall) else { return nil }
    // Whoever asks for much gets no less than who asks for nothing.
    guard recall >= GraphWriter.usualRecall, let usual = effectiveEf(nil, k: k, live: count) else { return max(ef, k) }
    return max(ef, usual)
  }

  /// A curve that still holds.
  private func knownCurve(_ k: Int) -> RecallCurve? {
    let now = changes.load(ordering: .acquiring)
    return curves.withLock { curves in
      guard let known = curves[k], (now - known.changes) * 5 <= count else { return nil }
      return known.curve
    }
  }

  /// k rounded up to 1, 2, 5, 10, 20, 50…
  private static func rung(_ k: Int) -> Int {
    var power = 1
    while power <= 1_000_000_000 {
      for digit in [1, 2, 5] where digit * power >= k { return digit * power }
      power *= 10
    }
    return k
  }
}

/// A curve and how many changes the index had seen.
struct KnownCurve {
  var curve: RecallCurve
  var changes: Int
}
