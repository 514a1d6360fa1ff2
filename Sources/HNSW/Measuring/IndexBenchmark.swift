/// Measures an index on one set of vectors: how long it takes to build, and recall and speed for growing ef.
package struct IndexBenchmark {
  /// How a search is asked for its quality.
  package enum Setting: Sendable, Hashable {
    case ef(Int)
    case recall(Double)
  }

  /// One measured setting.
  package struct Measurement: Sendable, Codable {
    /// The ef of the search, or "recall" and what was asked for.
    package var setting: Setting
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

  /// Runs all queries with one setting, the best of `repeats` times.
  ///
  /// - Parameters:
  ///   - allowed: which rows may be in the answers; nil for all. With a recall it is not looked at.
  ///   - queries: `[n, dimension]`.
  ///   - truth: `[n, width]`, the row numbers of the true nearest, nearest first, −1 where fewer exist; width at least k.
  package func measure(
    _ setting: Setting, k: Int, queries: [Float], truth: [Int32], width: Int, allowed: IDSet? = nil, repeats: Int = 3
  ) throws -> Measurement {
    let count = queries.count / index.dimension
    var best = Double.infinity
    if case .recall = setting { _ = index.recallCurve(k: k) }
    var found = 0
    var wanted = 0
    var answers: [[SearchHit]] = Array(repeating: [], count: count)
    try queries.withUnsafeBufferPointer { queries in
      for _ in 0..<max(repeats, 1) {
        let start = ContinuousClock.now
        for i in 0..<count {
          let query = UnsafeBufferPointer(rebasing: queries[i * index.dimension..<(i + 1) * index.dimension])
          answers[i] =
            switch (setting, allowed) {
            case (.ef(let ef), nil): try index.search(query, k: k, ef: ef).hits
            case (.ef(let ef), let allowed?): try index.search(query, k: k, ef: ef, where: allowed).hits
            case (.recall(let recall), _): try index.search(query, k: k, recall: recall).hits
            }
        }
        best = min(best, start.duration(to: .now) / .seconds(1))
      }
    }
    for (i, answer) in answers.enumerated() {
      let nearest = Set(truth[i * width..<i * width + k].filter { $0 >= 0 }.map(Int64.init))
      wanted += nearest.count
      found += answer.count { nearest.contains($0.id) }
    }
    return Measurement(
      setting: setting, recall: Double(found) / Double(max(wanted, 1)), qps: Double(count) / best,
      buildSeconds: buildSeconds, bytesPerVector: index.memory.total / max(index.count, 1))
  }
}

extension IndexBenchmark.Setting: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let ef = try? container.decode(Int.self) {
      self = .ef(ef)
      return
    }
    let words = try container.decode(String.self).split(separator: " ")
    guard words.count == 2, words[0] == "recall", let recall = Double(words[1]) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "an ef, or \"recall\" and a number")
    }
    self = .recall(recall)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .ef(let ef): try container.encode(ef)
    case .recall: try container.encode(description)
    }
  }
}

extension IndexBenchmark.Setting: CustomStringConvertible {
  package var description: String {
    switch self {
    case .ef(let ef): "\(ef)"
    case .recall(let recall): "recall \(recall)"
    }
  }
}
