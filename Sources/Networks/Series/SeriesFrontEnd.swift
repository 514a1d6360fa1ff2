/// What is computed of a series before anything is learned: each moment's surroundings, described at several scales.
///
/// A window of every scale is laid around the moment (inside the piece, so near a border it is not centred). Of each
/// channel in it: mean (signed: gravity tells posture, and a power spectrum forgets it), deviation, least, greatest,
/// trend, and the logarithm of the power at frequency zero and in up to five bands of octaves above it; of each two
/// channels at two scales, the correlation. Three channels of one sensor's axes, which are named so (`ax`, `ay`, `az`;
/// `acc_x` …), have a fourth made of them, their length: it does not depend on how the sensor is worn. Values are then
/// standardised by the training data's moments and cut off at ±5 deviations.
public struct SeriesFrontEnd: Sendable, Hashable {
  /// How streams are sampled.
  public let sampling: SeriesSampling
  /// Per channel and length, what is taken away and what is divided by before all else.
  public let centre: [Float]
  /// The channels' and lengths' deviations.
  public let scale: [Float]
  /// Per feature, the training data's mean.
  public private(set) var mean: [Float]
  /// Per feature, the training data's deviation.
  public private(set) var deviation: [Float]

  let bands: [SeriesBands]
  /// Channels whose length is looked at as a channel of its own.
  let axes: [[Int]]
  /// What each channel and length is counted from.
  let origins: [Double]

  /// The number of values that describe a moment.
  public var count: Int { mean.count }

  init(sampling: SeriesSampling, centre: [Float], scale: [Float], mean: [Float], deviation: [Float]) throws {
    try sampling.validate()
    self.sampling = sampling
    (self.centre, self.scale, self.mean, self.deviation) = (centre, scale, mean, deviation)
    bands = Self.windows(sampling).map { SeriesBands(window: $0) }
    axes = sampling.axes
    origins = Self.origins(sampling)
    let channels = sampling.channels.count
    let planes = channels + axes.count
    let features =
      bands.reduce(0) { $0 + planes * $1.featuresPerChannel }
      + 2 * Self.pairs(channels)
    guard centre.count == planes, scale.count == planes, mean.isEmpty || mean.count == features,
      deviation.count == mean.count, (centre + mean).allSatisfy(\.isFinite),
      (scale + deviation).allSatisfy({ $0 > 0 && $0.isFinite })
    else { throw SeriesError("front end", "does not fit \(channels) channels: train the model again") }
    if mean.isEmpty {
      self.mean = [Float](repeating: 0, count: features)
      self.deviation = [Float](repeating: 1, count: features)
    }
  }

  /// A front end standardised on pieces.
  ///
  /// - Throws: ``SeriesError`` where there are no samples.
  public init(sampling: SeriesSampling, fittedTo pieces: [SeriesPiece], workers: Int? = nil) throws {
    let axes = sampling.axes
    let origins = Self.origins(sampling)
    let moments = Self.moments(
      pieces.lazy.map { Self.lengthened($0.values, width: sampling.channels.count, axes, origins) },
      width: sampling.channels.count + axes.count)
    guard moments.count > 0 else { throw SeriesError("training data", "has no piece a window long") }
    let draft = try SeriesFrontEnd(
      sampling: sampling, centre: moments.mean, scale: moments.deviation, mean: [], deviation: [])
    let rows = Workers(workers ?? Workers.cores).map(pieces) { piece in
      draft.describe(piece, at: sampling.moments(of: piece))
    }
    let features = Self.moments(rows.lazy.map { $0 }, width: draft.count)
    try self.init(
      sampling: sampling, centre: moments.mean, scale: moments.deviation, mean: features.mean,
      deviation: features.deviation)
  }

  /// The windows' lengths in samples: half the sampling's, itself, twice and four times.
  static func windows(_ sampling: SeriesSampling) -> [Int] {
    [sampling.window / 2, sampling.window, 2 * sampling.window, 4 * sampling.window]
  }

  /// Pairs of channels whose correlation is looked at; with many channels none.
  static func pairs(_ channels: Int) -> Int { channels <= 12 ? channels * (channels - 1) / 2 : 0 }

  /// Where in a description the hand-made features of the sampling's own window are: each channel's mean, deviation, least,
  /// greatest, trend and powers.
  public var handmade: Range<Int> {
    let channels = sampling.channels.count
    let start = bands[0].featuresPerChannel * (channels + axes.count)
    return start..<start + bands[1].featuresPerChannel * channels
  }

  /// The channels' origins, and behind them their lengths as ``SeriesSampling/axes``.
  private static func origins(_ sampling: SeriesSampling) -> [Double] {
    let channels = sampling.origins ?? [Double](repeating: 0, count: sampling.channels.count)
    return channels + sampling.axes.map { $0.reduce(0) { $0 + channels[$1] * channels[$1] }.squareRoot() }
  }

  /// Rows of `width` channels with the lengths of `axes` behind them, less the origins' own.
  static func lengthened(_ values: [Float], width: Int, _ axes: [[Int]], _ origins: [Double]) -> [Float] {
    if axes.isEmpty { return values }
    func length(_ row: Int, _ axis: Int) -> Float {
      let own = axes[axis]
      if origins[width + axis] == 0 {
        return own.reduce(Float(0)) { $0 + values[row + $1] * values[row + $1] }.squareRoot()
      }
      let squares = own.reduce(0.0) { sum, channel in
        let value = Double(values[row + channel]) + origins[channel]
        return sum + value * value
      }
      return Float(squares.squareRoot() - origins[width + axis])
    }
    var result: [Float] = []
    result.reserveCapacity(values.count / width * (width + axes.count))
    for row in stride(from: 0, to: values.count, by: width) {
      result += values[row..<row + width]
      for axis in axes.indices { result.append(length(row, axis)) }
    }
    return result
  }

  private static func moments(
    _ arrays: some Sequence<[Float]>, width: Int
  ) -> (count: Int, mean: [Float], deviation: [Float]) {
    var (sum, squares, count) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width), 0)
    // Deviations from the first row keep the sums small beside the values.
    var first: [Float]?
    for values in arrays where !values.isEmpty {
      let reference = first ?? Array(values.prefix(width))
      first = reference
      for row in stride(from: 0, to: values.count, by: width) {
        for column in 0..<width {
          let value = Double(values[row + column]) - Double(reference[column])
          sum[column] += value
          squares[column] += value * value
        }
      }
      count += values.count / width
    }
    guard let first, count > 0 else { return (0, [], []) }
    let mean = (0..<width).map { Float(Double(first[$0]) + sum[$0] / Double(count)) }
    let deviation = (0..<width).map { column -> Float in
      let own = sum[column] / Double(count)
      let variance = squares[column] / Double(count) - own * own
      // What does not vary tells nothing, and must not be blown up by the division.
      return variance > 1e-10 * max(1, own * own) ? Float(variance.squareRoot()) : 1
    }
    return (count, mean, deviation)
  }
}

extension SeriesFrontEnd: Codable {
  private enum Key: String, CodingKey { case sampling, centre, scale, mean, deviation }

  /// Writes all there is.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(sampling, forKey: .sampling)
    try container.encode(centre, forKey: .centre)
    try container.encode(scale, forKey: .scale)
    try container.encode(mean, forKey: .mean)
    try container.encode(deviation, forKey: .deviation)
  }

  /// Reads and checks a front end.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let mean = try container.decode([Float].self, forKey: .mean)
    guard !mean.isEmpty else { throw SeriesError("front end", "is not standardised: train the model again") }
    try self.init(
      sampling: try container.decode(SeriesSampling.self, forKey: .sampling),
      centre: try container.decode([Float].self, forKey: .centre),
      scale: try container.decode([Float].self, forKey: .scale), mean: mean,
      deviation: try container.decode([Float].self, forKey: .deviation))
  }
}
