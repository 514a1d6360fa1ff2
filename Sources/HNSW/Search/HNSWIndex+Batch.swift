/// Many searches at once.
extension HNSWIndex {
  /// The k vectors nearest to each of many queries, found by ``Parameters/threads`` threads.
  ///
  ///     let answers = try index.search(batch: queries, k: 10)
  ///
  /// - Parameters:
  ///   - queries: `[n, dimension]` values.
  ///   - k: how many hits each.
  ///   - ef: candidates kept while walking the graph.
  ///   - isAllowed: keeps ids out of the answers. Called on several threads at once.
  /// - Returns: the answers in the order of the queries, each what a search for it alone gives.
  /// - Throws: ``IndexError`` naming the first query that cannot be searched for.
  public func search(
    batch queries: UnsafeBufferPointer<Float>, k: Int, ef: Int? = nil,
    where isAllowed: (@Sendable (Int64) -> Bool)? = nil
  ) throws -> [SearchResult] {
    try all(queries) { try self.search($0, k: k, ef: ef, where: isAllowed) }
  }

  /// The k vectors nearest to each of many queries; see
  /// ``search(batch:k:ef:where:)-(UnsafeBufferPointer<Float>,_,_,((Int64)->Bool)?)``.
  public func search(
    batch queries: [Float], k: Int, ef: Int? = nil, where isAllowed: (@Sendable (Int64) -> Bool)? = nil
  ) throws -> [SearchResult] {
    try queries.withUnsafeBufferPointer { try search(batch: $0, k: k, ef: ef, where: isAllowed) }
  }

  /// The k vectors nearest to each of many queries among those of a set of ids.
  ///
  /// - Throws: ``IndexError`` naming the first query that cannot be searched for.
  public func search(
    batch queries: UnsafeBufferPointer<Float>, k: Int, ef: Int? = nil, where ids: IDSet
  ) throws -> [SearchResult] {
    try all(queries) { try self.search($0, k: k, ef: ef, where: ids) }
  }

  /// The k vectors nearest to each of many queries among those of a set of ids.
  ///
  /// - Throws: ``IndexError`` naming the first query that cannot be searched for.
  public func search(batch queries: [Float], k: Int, ef: Int? = nil, where ids: IDSet) throws -> [SearchResult] {
    try queries.withUnsafeBufferPointer { try search(batch: $0, k: k, ef: ef, where: ids) }
  }

  /// The k vectors nearest to each of many queries, of which this share is found on the average; see
  /// ``search(_:k:recall:)-(UnsafeBufferPointer<Float>,_,_)``.
  ///
  /// - Throws: ``IndexError`` naming the first query that cannot be searched for, and for a recall outside 0…1.
  public func search(batch queries: UnsafeBufferPointer<Float>, k: Int, recall: Double) throws -> [SearchResult] {
    let ef = try ef(forRecall: recall, k: k)
    return try all(queries) { query in
      guard let ef else { return try self.searchExactly(query, k: k) }
      return try self.search(query, k: k, ef: ef)
    }
  }

  /// The k vectors nearest to each of many queries, of which this share is found on the average.
  ///
  /// - Throws: ``IndexError`` naming the first query that cannot be searched for, and for a recall outside 0…1.
  public func search(batch queries: [Float], k: Int, recall: Double) throws -> [SearchResult] {
    try queries.withUnsafeBufferPointer { try search(batch: $0, k: k, recall: recall) }
  }

  /// Answers all queries by one body.
  private func all(
    _ queries: UnsafeBufferPointer<Float>,
    _ search: @Sendable (UnsafeBufferPointer<Float>) throws -> SearchResult
  ) throws -> [SearchResult] {
    guard queries.count.isMultiple(of: dimension) else {
      throw IndexError.invalidParameter(
        "\(queries.count) values are not a whole number of queries of \(dimension): pass complete rows")
    }
    let rows = Rows(queries: queries, dimension: dimension)
    // Few in a row: they may differ in length, and none should wait for the last.
    let answers = Parallel.map(rows.count, threads: parameters.threads, grain: 4) { row in
      Result { try search(rows[row]) }
    }
    return try answers.enumerated().map { row, answer in
      do { return try answer.get() } catch {
        throw IndexError.invalidParameter("query \(row): \(error)")
      }
    }
  }
}

/// The queries of a batch.
///
/// `@unchecked Sendable`: the caller keeps them as they are until all are answered.
private struct Rows: @unchecked Sendable {
  let queries: UnsafeBufferPointer<Float>
  let dimension: Int

  var count: Int { queries.count / dimension }

  subscript(row: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: queries[row * dimension..<(row + 1) * dimension])
  }
}
