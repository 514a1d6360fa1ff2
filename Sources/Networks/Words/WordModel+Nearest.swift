extension WordModel {
  /// For each query the word whose vector has the largest inner product with it.
  ///
  /// - Parameters:
  ///   - queries: `dimension` values each.
  ///   - excluded: for each query, places of words that are no answers.
  ///   - limit: only the so many most frequent words are answers.
  /// - Returns: places in the vocabulary; nil where everything is excluded.
  public func nearest(
    _ queries: [[Float]], excluding excluded: [[Int]], limit: Int, workers: Workers = Workers()
  ) -> [Int?] {
    MatrixProduct.prepare()
    let limit = min(max(limit, 0), words.count)
    let block = 64
    let starts = Array(stride(from: 0, to: queries.count, by: block))
    return workers.map(starts) { start -> [Int?] in
      let rows = start..<min(start + block, queries.count)
      let flat = rows.flatMap { queries[$0] }
      var scores = [Float](repeating: 0, count: rows.count * limit)
      vectors.withUnsafeBufferPointer { vectors in
        guard let base = vectors.baseAddress, limit > 0 else { return }
        MatrixProduct.multiply(m: rows.count, n: limit, k: dimension, flat, base, transposeB: true, into: &scores)
      }
      return rows.map { row in
        var own = scores[(row - start) * limit..<(row - start + 1) * limit]
        for word in excluded[row] where word < limit { own[own.startIndex + word] = -.infinity }
        guard let best = own.indices.max(by: { own[$0] < own[$1] }), own[best] > -.infinity else { return nil }
        return best - own.startIndex
      }
    }.flatMap { $0 }
  }
}
