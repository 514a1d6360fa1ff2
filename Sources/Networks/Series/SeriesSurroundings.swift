/// Moments of a piece, each with the moments around it that an encoder sees.
///
/// Neighbours are a hop apart, as many before a moment as after it. Where a piece ends, its last moment of the same
/// grid stands for those beyond.
public struct SeriesSurroundings: Sendable, Hashable {
  /// How many moments an encoder sees at a time, an odd number; the middle one is the moment that is embedded.
  public let span: Int
  /// The samples that are described, in ascending order, each once.
  public let samples: [Int]
  /// `[moments, span]`: places in ``samples``.
  let places: [Int32]

  /// How many moments there are.
  public var count: Int { places.count / span }

  /// The surroundings of moments of a piece.
  ///
  /// - Parameters:
  ///   - moments: middle samples of whole windows inside the piece.
  ///   - piece: the piece.
  ///   - sampling: how it was sampled.
  ///   - span: an odd number of moments.
  public init(of moments: [Int], in piece: SeriesPiece, _ sampling: SeriesSampling, span: Int) {
    let (first, last, hop) = (sampling.window / 2, sampling.lastMoment(of: piece), sampling.hop)
    let reach = span / 2
    var seen: [Int] = []
    seen.reserveCapacity(moments.count * span)
    for moment in moments {
      let (before, after) = (max(0, moment - first) / hop, max(0, last - moment) / hop)
      for step in -reach...reach { seen.append(moment + min(max(step, -before), after) * hop) }
    }
    samples = Set(seen).sorted()
    let place = Dictionary(uniqueKeysWithValues: samples.enumerated().map { ($1, Int32($0)) })
    places = seen.map { place[$0] ?? 0 }
    self.span = span
  }

  /// The place of each moment itself in ``samples``.
  public var middles: [Int] { (0..<count).map { Int(places[$0 * span + span / 2]) } }

  /// Descriptions of some of the moments with those around them, `[range, span * count]`.
  func gather(_ range: Range<Int>, of features: [Float], count: Int) -> [Float] {
    var rows: [Float] = []
    rows.reserveCapacity(range.count * span * count)
    for place in places[range.lowerBound * span..<range.upperBound * span] {
      rows += features[Int(place) * count..<(Int(place) + 1) * count]
    }
    return rows
  }
}
