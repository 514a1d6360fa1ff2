import Foundation

/// Times in buckets a tenth wider each, so that an hour of them takes no more room than a minute.
struct Histogram: Sendable {
  private var counts = [Int](repeating: 0, count: 256)
  private(set) var count = 0
  private(set) var longest = 0.0

  mutating func add(_ seconds: Double) {
    counts[Self.bucket(seconds)] += 1
    count += 1
    longest = max(longest, seconds)
  }

  mutating func add(_ other: Histogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    count += other.count
    longest = max(longest, other.longest)
  }

  /// The time that this share of all stay below, in seconds.
  func quantile(_ share: Double) -> Double {
    var left = Int((Double(count) * share).rounded(.up))
    for (index, some) in counts.enumerated() {
      left -= some
      if left <= 0 { return min(Self.end(index), longest) }
    }
    return longest
  }

  private static func bucket(_ seconds: Double) -> Int {
    max(0, min(255, Int((log(max(seconds, 1e-7) / 1e-7) / log(1.1)).rounded(.down))))
  }

  private static func end(_ index: Int) -> Double { 1e-7 * pow(1.1, Double(index + 1)) }
}
