import Networks

/// How often every identity was drawn, in the whole set (once each) and in every resample.
struct BootstrapWeights: Sendable {
  /// `[1 + resamples][identities]`; the first row is all ones.
  let rows: [[Int]]

  init(identities: Int, resamples: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var rows = [[Int](repeating: 1, count: identities)]
    for _ in 0..<resamples {
      var row = [Int](repeating: 0, count: identities)
      for _ in 0..<identities { row[random.below(identities)] += 1 }
      rows.append(row)
    }
    self.rows = rows
  }

  /// A statistic of the whole set with its percentile interval; resamples where it is `nil` are left out, and a
  /// statistic that the whole set does not have is 0.
  func figure(_ statistic: @Sendable ([Int]) -> Double?) -> IdentificationReport.Figure {
    Self.figure(rows.map(statistic))
  }

  /// The figure of a statistic's values in the order of `rows`.
  static func figure(_ values: [Double?]) -> IdentificationReport.Figure {
    let resampled = values.dropFirst().compactMap { $0 }.sorted()
    return IdentificationReport.Figure(
      value: values[0] ?? 0, low: percentile(0.025, of: resampled), high: percentile(0.975, of: resampled))
  }

  /// Linear interpolation between the closest ranks, `nil` of nothing.
  static func percentile(_ share: Double, of sorted: [Double]) -> Double? {
    guard let last = sorted.last else { return nil }
    let position = share * Double(sorted.count - 1)
    let index = Int(position)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (sorted[index + 1] - sorted[index]) * (position - Double(index))
  }
}

/// Scores summed by identity, to be averaged with the identities' weights.
struct IdentityScores: Sendable {
  private var sum: [Double]
  private var count: [Int]

  init(identities: Int) {
    sum = [Double](repeating: 0, count: identities)
    count = [Int](repeating: 0, count: identities)
  }

  mutating func add(_ score: Double, of trials: Int, identity: Int) {
    sum[identity] += score
    count[identity] += trials
  }

  /// Σ wᵢ scoreᵢ / Σ wᵢ trialsᵢ, `nil` where no trial has weight.
  func mean(weighted weights: [Int]) -> Double? {
    var (total, trials) = (0.0, 0)
    for identity in weights.indices {
      total += Double(weights[identity]) * sum[identity]
      trials += weights[identity] * count[identity]
    }
    return trials > 0 ? total / Double(trials) : nil
  }
}
