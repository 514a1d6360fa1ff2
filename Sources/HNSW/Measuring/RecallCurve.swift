#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which share of the true nearest a search finds with which ef, as an index measured it on vectors of its own.
public struct RecallCurve: Sendable, Hashable, Codable {
  /// One measured ef.
  public struct Point: Sendable, Hashable, Codable {
    /// Candidates kept while walking the graph.
    public var ef: Int
    /// The share of the true k nearest that was found, averaged over the sample; never less than with a smaller ef.
    public var recall: Double
    /// The standard error of the recall: it comes from a sample.
    public var standardError: Double
  }

  /// How many nearest were asked for.
  public var k: Int
  /// How many vectors were searched for.
  public var sample: Int
  /// Ascending in ef.
  public var points: [Point]

  /// The least ef with which this share is found; nil if no measured one is enough.
  ///
  /// Recall is taken to be a standard error lower than it was measured, as long as there is an ef for that. Between two
  /// points the share that is missed shrinks by equal parts for equal factors of ef.
  public func ef(for recall: Double) -> Int? {
    ef(for: recall) { $0.recall - $0.standardError } ?? ef(for: recall) { $0.recall }
  }

  private func ef(for recall: Double, by value: (Point) -> Double) -> Int? {
    guard let at = points.firstIndex(where: { value($0) >= recall }) else { return nil }
    let upper = points[at]
    guard at > 0 else { return upper.ef }
    let lower = points[at - 1]
    let missed = (lower: 1 - value(lower), upper: max(1 - value(upper), 1e-5), wanted: max(1 - recall, 1e-5))
    guard missed.lower > missed.upper else { return upper.ef }
    let part = min(max(log(missed.lower / missed.wanted) / log(missed.lower / missed.upper), 0), 1)
    let ef = Double(lower.ef) * pow(Double(upper.ef) / Double(lower.ef), part)
    return min(Int(ef.rounded(.up)), upper.ef)
  }
}
