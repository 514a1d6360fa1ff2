/// How streams become evenly spaced samples: which channels, how far apart, and where a series ends.
public struct SeriesSampling: Sendable, Hashable, Codable {
  /// The channels, in the order that models see them.
  public var channels: [String]
  /// Milliseconds from a sample to the next.
  public var step: Double
  /// Samples in a window.
  public var window: Int
  /// Samples from a moment to the next.
  public var hop: Int

  /// What each channel's samples are counted from, where any lies so far from zero that `Float` would not tell its values apart;
  /// nil for zero.
  public var origins: [Double]?

  /// Rows farther apart than this many milliseconds are a border: nothing is made up inside, no window lies across.
  public var longestGap: Double { max(2.5 * step, 0.2 * step * Double(window)) }

  /// A way to sample.
  ///
  /// - Throws: ``SeriesError`` for settings out of range.
  public init(channels: [String], step: Double, window: Int = 50, hop: Int = 5) throws {
    (self.channels, self.step, self.window, self.hop) = (channels, step, window, hop)
    try validate()
  }

  func validate() throws {
    func check(_ holds: Bool, _ reason: String) throws {
      if !holds { throw SeriesError("sampling", reason) }
    }
    try check(
      (1...Self.mostChannels).contains(channels.count) && Set(channels).count == channels.count,
      "needs from 1 to \(Self.mostChannels) channels with different names, not \(channels.count)")
    try check(step.isFinite && step > 0 && step <= 1e12, "the step must be a number of milliseconds above 0")
    try check((8...4096).contains(window), "a window must have from 8 to 4096 samples, not \(window)")
    try check(
      origins.map { $0.count == channels.count && $0.allSatisfy(\.isFinite) } ?? true,
      "does not say for each channel what it is counted from: train the model again")
    try check((1...window).contains(hop), "a hop must have from 1 sample to a window's \(window), not \(hop)")
  }

  static let mostChannels = 64

  /// Three channels each that are the axes of one sensor: names that are equal but for an x, a y and a z at the end or at the
  /// beginning.
  var axes: [[Int]] {
    func axes(_ rest: (String) -> (letter: Character?, stem: Substring)) -> [[Int]] {
      var found: [Substring: [Character: Int]] = [:]
      for (index, name) in channels.enumerated() {
        let (letter, stem) = rest(name.lowercased())
        if let letter, "xyz".contains(letter) { found[stem, default: [:]][letter] = index }
      }
      return found.values.filter { $0.count == 3 }.map { $0.values.sorted() }
    }
    let last = axes { ($0.last, $0.dropLast()) }
    let taken = Set(last.joined())
    let first = axes { ($0.first, $0.dropFirst()) }.filter { taken.isDisjoint(with: $0) }
    return (last + first).sorted { $0[0] < $1[0] }
  }

  /// The samples of a stream: a piece for each part without a border that is a window long or longer.
  ///
  /// A row in which one of the channels is missing is left out, so that short holes are bridged by a straight line and
  /// long ones are borders. Between rows values are interpolated; where three rows or more fall on a step, their mean is
  /// taken.
  ///
  /// - Throws: ``SeriesError`` where a channel is missing, or the stream was measured at less than half the rate.
  public func pieces(of stream: SeriesStream) throws -> [SeriesPiece] {
    let columns = try channels.map { channel in
      guard let column = stream.channels.firstIndex(of: channel) else {
        throw SeriesError(
          stream.name,
          "has no channel \"\(channel)\", only \(stream.channels.joined(separator: ", ")): the model was "
            + "trained on \(channels.joined(separator: ", "))")
      }
      return column
    }
    if let interval = stream.medianInterval, interval > 2 * step {
      throw SeriesError(
        stream.name,
        "has a row every \(Self.milliseconds(interval)), the model looks at one every "
          + "\(Self.milliseconds(step)): measure at least every \(Self.milliseconds(2 * step)), or train a model for this rate"
      )
    }
    let width = stream.channels.count
    let usable = stream.times.indices.filter { row in
      columns.allSatisfy { stream.values[row * width + $0].isFinite }
    }
    var pieces: [SeriesPiece] = []
    var start = 0
    for end in 1...max(1, usable.count) where end <= usable.count {
      if end < usable.count, stream.times[usable[end]] - stream.times[usable[end - 1]] <= longestGap { continue }
      if let piece = piece(stream, rows: usable[start..<end], columns: columns) { pieces.append(piece) }
      start = end
    }
    return pieces
  }

  private func piece(_ stream: SeriesStream, rows: ArraySlice<Int>, columns: [Int]) -> SeriesPiece? {
    guard let first = rows.first, let last = rows.last else { return nil }
    let begin = stream.times[first]
    // A thousandth of a step forgives times that are no exact multiples.
    let steps = ((stream.times[last] - begin) / step + 1e-3).rounded(.down)
    guard steps >= Double(window - 1), steps < 1e8 else { return nil }
    let count = Int(steps) + 1
    let averages = Double(rows.count) >= 3 * Double(count)
    let (width, out) = (stream.channels.count, columns.count)
    var values = [Float](repeating: 0, count: count * out)
    var labels = [String?](repeating: nil, count: stream.labels.isEmpty ? 0 : count)
    var right = rows.startIndex
    for sample in 0..<count {
      let time = begin + Double(sample) * step
      while right < rows.endIndex - 1, stream.times[rows[right]] < time { right += 1 }
      let left = max(rows.startIndex, right - 1)
      let (from, to) = (stream.times[rows[left]], stream.times[rows[right]])
      if averages {
        mean(stream, rows, columns, around: time, near: right, into: &values, at: sample * out)
      } else {
        let share = to > from ? Float(min(1, max(0, (time - from) / (to - from)))) : 0
        for (place, column) in columns.enumerated() {
          let before = stream.values[rows[left] * width + column]
          values[sample * out + place] = before + share * (stream.values[rows[right] * width + column] - before)
        }
      }
      if !labels.isEmpty { labels[sample] = stream.labels[rows[time - from < to - time ? left : right]] }
    }
    // Beside zero it makes no difference, and no rounding.
    let shifts = columns.enumerated().map { stream.offsets[$1] - (origins?[$0] ?? 0) }
    if shifts.contains(where: { $0 != 0 }) {
      for place in values.indices { values[place] = Float(Double(values[place]) + shifts[place % out]) }
    }
    return SeriesPiece(stream: stream.name, subject: stream.subject, start: begin, values: values, labels: labels)
  }

  private func mean(
    _ stream: SeriesStream, _ rows: ArraySlice<Int>, _ columns: [Int], around time: Double, near right: Int,
    into values: inout [Float], at place: Int
  ) {
    var (low, high) = (right, right)
    while low > rows.startIndex, stream.times[rows[low - 1]] >= time - step / 2 { low -= 1 }
    while high < rows.endIndex - 1, stream.times[rows[high + 1]] < time + step / 2 { high += 1 }
    for (offset, column) in columns.enumerated() {
      var sum = 0.0
      for row in low...high { sum += Double(stream.values[rows[row] * stream.channels.count + column]) }
      values[place + offset] = Float(sum / Double(high - low + 1))
    }
  }

  static func milliseconds(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value)) ms" : "\((value * 1000).rounded() / 1000) ms"
  }
}

/// Evenly spaced samples without a border.
public struct SeriesPiece: Sendable, Hashable {
  /// The stream's name.
  public let stream: String
  /// Whose it is.
  public let subject: String
  /// The first sample's time in milliseconds.
  public let start: Double
  /// `[samples, channels]`, in the sampling's order of channels, each less its origin.
  public let values: [Float]
  /// A label a sample; empty where the stream has none.
  public let labels: [String?]
}

extension SeriesSampling {
  /// The moments of a piece: the middle samples of whole windows, a hop apart; one at least.
  public func moments(of piece: SeriesPiece) -> [Int] {
    let count = piece.values.count / channels.count
    return Array(stride(from: window / 2, through: count - window + window / 2, by: hop))
  }

  /// The middle sample of the last whole window.
  public func lastMoment(of piece: SeriesPiece) -> Int {
    piece.values.count / channels.count - window + window / 2
  }

  /// When a sample was measured, in milliseconds.
  public func time(of sample: Int, in piece: SeriesPiece) -> Double { piece.start + Double(sample) * step }
}
