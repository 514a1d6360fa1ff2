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
  /// `[rows, channels]`, each less its channel's ``offsets``; NaN where a value is missing, or no number of ``largest`` at
  /// most.
  public let values: [Float]
  /// What each channel's values are counted from: 0, but where they lie so far from it that `Float` would not tell them
  /// apart, as eastings in metres do.
  public let offsets: [Double]
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
  ///   - offsets: one a channel, to be added to its values; nil where there is nothing to add.
  ///   - labels: one a row, or none at all.
  /// - Throws: ``SeriesError`` where they do not fit together or time does not run forwards.
  public init(
    name: String, channels: [String], times: [Double], values: [Float], offsets: [Double]? = nil,
    labels: [String?] = []
  ) throws {
    guard !channels.isEmpty, Set(channels).count == channels.count else {
      throw SeriesError(name, "needs channels with different names, not \(channels.isEmpty ? "none" : "\(channels)")")
    }
    guard values.count == times.count * channels.count, labels.isEmpty || labels.count == times.count else {
      throw SeriesError(
        name,
        "\(times.count) times, \(values.count) values of \(channels.count) channels and \(labels.count) labels do "
          + "not fit together")
    }
    guard offsets.map({ $0.count == channels.count && $0.allSatisfy(\.isFinite) }) ?? true else {
      throw SeriesError(name, "the offsets are not a number for each of \(channels.count) channels")
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
    self.offsets = offsets ?? [Double](repeating: 0, count: channels.count)
    self.labels = labels
  }

  /// Whether numbers between two lie so close together, for how far they are from zero, that `Float` has fewer than about two
  /// thousand of them there.
  package static func isNarrow(_ least: Double, _ greatest: Double) -> Bool {
    greatest - least < max(abs(least), abs(greatest)) / 4_096
  }

  /// The median time from a row to the next, in milliseconds; nil where there are fewer than two rows.
  public var medianInterval: Double? {
    guard times.count > 1 else { return nil }
    let intervals = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
    return intervals[intervals.count / 2]
  }
}
