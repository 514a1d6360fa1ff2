/// A multivariate series as its file holds it: rows in order of time, a value a channel, perhaps a label a row.
///
/// ```swift
/// let stream = try SeriesStream(contentsOf: "s03_01_sw.csv")
/// print(stream.subject, stream.channels, stream.times.count)      // s03 ["ax", "ay", …] 1136
/// ```
public struct SeriesStream: Sendable, Hashable {
  /// The file's name without its extension.
  public let name: String
  /// Whose series it is: the name up to the first `_`.
  public let subject: String
  /// The channels' names, in the file's order.
  public let channels: [String]
  /// When each row was measured, in milliseconds; ascending.
  public let times: [Double]
  /// `[rows, channels]`; NaN where a value is missing, or no number of ``largest`` at most.
  public let values: [Float]
  /// The rows' labels, nil where a row has none; empty where the file has no column of labels.
  public let labels: [String?]

  /// The largest value, in either direction, that counts as measured; squares of larger ones are beyond `Float`'s numbers,
  /// and a description of them would be none.
  public static let largest: Float = 1e18

  /// A stream of what was measured.
  ///
  /// - Parameters:
  ///   - name: the subject is what stands before the first `_`.
  ///   - channels: names, each once.
  ///   - times: milliseconds, strictly ascending.
  ///   - values: `[rows, channels]`; NaN for what is missing. What is larger than ``largest`` is missing too.
  ///   - labels: one a row, or none at all.
  /// - Throws: ``SeriesError`` where they do not fit together or time does not run forwards.
  public init(name: String, channels: [String], times: [Double], values: [Float], labels: [String?] = []) throws {
    guard !channels.isEmpty, Set(channels).count == channels.count else {
      throw SeriesError(name, "needs channels with different names, not \(channels.isEmpty ? "none" : "\(channels)")")
    }
    guard values.count == times.count * channels.count, labels.isEmpty || labels.count == times.count else {
      throw SeriesError(
        name,
        "\(times.count) times, \(values.count) values of \(channels.count) channels and \(labels.count) labels do "
          + "not fit together")
    }
    guard times.allSatisfy(\.isFinite), zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw SeriesError(name, "time must run forwards: sort the rows by time")
    }
    self.name = name
    subject = String(name.prefix { $0 != "_" })
    self.channels = channels
    self.times = times
    // Looked for first: nearly every stream has none, and is not copied.
    let hasLarger = values.contains { abs($0) > Self.largest }
    self.values = hasLarger ? values.map { abs($0) > Self.largest ? .nan : $0 } : values
    self.labels = labels
  }

  /// The median time from a row to the next, in milliseconds; nil where there are fewer than two rows.
  public var medianInterval: Double? {
    guard times.count > 1 else { return nil }
    let intervals = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
    return intervals[intervals.count / 2]
  }
}
