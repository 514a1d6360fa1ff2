/// Measures an index on one set of vectors: how long it takes to build, and recall and speed for growing ef.
package struct IndexBenchmark {
  /// One measured setting.
  package struct Measurement: Sendable, Codable {
    /// The ef of the search.
    package var setting: Int
    /// The share of the true k nearest that were found.
    package var recall: Double
    /// Queries a second, one query a call on one thread.
    package var qps: Double
    /// Seconds to build.
    package var buildSeconds: Double
    /// Memory of the index divided by its vectors.
    package var bytesPerVector: Int

    enum CodingKeys: String, CodingKey {
      case setting, recall, qps
      case buildSeconds = "build_s"
      case bytesPerVector = "bytes_per_vector"
    }
  }

  /// The ef of a sweep, from fast to exact.
  package static let sweep = [10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 400, 800, 1_600, 3_200]

  package let index: HNSWIndex
  let buildSeconds: Double

  /// Builds the index of `[n, dimension]` vectors under their row numbers.
  package init(
    base: [Float], dimension: Int, metric: Metric = .euclidean, parameters: HNSWIndex.Parameters = .init(),
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws {
    let rows = base.count / max(dimension, 1)
    let index = try HNSWIndex(dimension: dimension, metric: metric, parameters: parameters)
    let start = ContinuousClock.now
    try base.withUnsafeBufferPointer {
      try index.add(contentsOf: $0, ids: Array(0..<Int64(rows))) { progress($0, rows) }
    }
    buildSeconds = start.duration(to: .now) / .seconds(1)
    self.index = index
  }

  /// Runs all queries with one ef, the best of `repeats` times.
  ///
  /// - Parameters:
  ///   - queries: `[n, dimension]`.
  ///   - truth: `[n, width]`, the row numbers of the true nearest, nearest first; width at least k.
  package func measure(
    ef: Int, k: Int, queries: [Float], truth: [Int32], width: Int, repeats: Int = 3
  ) throws -> Measurement {
    let count = queries.count / index.dimension
    var best = Double.infinity
    var found = 0
    var answers: [[SearchHit]] = Array(repeating: [], count: count)
    try queries.withUnsafeBufferPointer { queries in
      for _ in 0..<max(repeats, 1) {
        let start = ContinuousClock.now
        for i in 0..<count {
          let query = UnsafeBufferPointer(rebasing: queries[i * index.dimension..<(i + 1) * index.dimension])
          answers[i] = try index.search(query, k: k, ef: ef).hits
        }
        best = min(best, start.duration(to: .now) / .seconds(1))
      }
    }
    for (i, answer) in answers.enumerated() {
      let nearest = Set(truth[i * width..<i * width + k].map(Int64.init))
      found += answer.count { nearest.contains($0.id) }
    }
    return Measurement(
      setting: ef, recall: Double(found) / Double(max(count * k, 1)), qps: Double(count) / best,
      buildSeconds: buildSeconds, bytesPerVector: index.memory.total / max(index.count, 1))
  }
}
