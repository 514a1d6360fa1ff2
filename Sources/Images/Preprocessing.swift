import Foundation

/// How a picture becomes the input of a network: which part of it, at which size, in which colour, on which scale.
///
/// A model file keeps its preprocessing as JSON under ``metadataKey``, so that a probe is prepared exactly as the
/// training pictures were.
public struct Preprocessing: Codable, Sendable, Hashable {
  /// The key in a model file's metadata whose value is this structure's JSON.
  public static let metadataKey = "preprocessing"

  /// The largest side that is accepted, in pixels.
  public static let maximumSide = 4_096

  /// Which part of the picture is scaled to `width × height`.
  public enum Framing: String, Codable, Sendable, Hashable, CaseIterable {
    /// All of it: the aspect ratio changes where the picture's differs from the input's.
    case stretch
    /// The largest centred part with the input's aspect ratio.
    case fill
  }

  /// The scale of the values.
  public enum Normalization: Codable, Sendable, Hashable {
    /// 0 (black) … 1 (white).
    case none
    /// Every picture has mean 0 and standard deviation 1 over all its values; a deviation below 1/√count (of values on
    /// the scale 0…1) is taken as that, so a blank picture is all 0.
    case standardize
    /// (value − mean) / deviation, of values on the scale 0…1.
    case meanDeviation(mean: Float, deviation: Float)
    /// Every channel twice: standardized as by ``standardize``, and as its local contrast, each pixel against its
    /// surroundings, which hardly depends on where the light comes from.
    case standardizeWithLocalContrast
    /// Every channel twice: standardized and halved, and as the local contrast of its square root. Less is learned from how
    /// bright a place is, and more is seen in shadows.
    case halfStandardizeWithRootContrast

    /// How many planes it makes of one.
    var planes: Int { localContrast(width: 1, height: 1) == nil ? 1 : 2 }

    /// What makes the planes of local contrast, for the normalizations that have some.
    package func localContrast(width: Int, height: Int) -> LocalContrast? {
      switch self {
      case .standardizeWithLocalContrast: LocalContrast(width: width, height: height)
      case .halfStandardizeWithRootContrast: LocalContrast(width: width, height: height, ofRoot: true)
      case .none, .standardize, .meanDeviation: nil
      }
    }
  }

  /// Grey (one channel) or RGB (three).
  public let colour: Picture.Colour

  /// The share of both sides that is kept around the centre, in (0, 1]. It is applied after the framing; sides are
  /// rounded to whole pixels, at least 1.
  public let centralFraction: Double

  /// Which part is scaled.
  public let framing: Framing

  /// Columns of the input.
  public let width: Int

  /// Rows of the input.
  public let height: Int

  /// The scale of the values.
  public private(set) var normalization: Normalization

  /// `[channels, height, width]` of the input: the colour's channels, times the planes that the normalization makes.
  public var shape: [Int] { [colour.channels * normalization.planes, height, width] }

  /// The number of values ``prepare(_:)`` returns.
  public var count: Int { shape.reduce(1, *) }

  /// A preprocessing to `[channels, height, width]`.
  ///
  /// Throws `PictureError` unless both sides are 1…4,096, the fraction is in (0, 1], and the mean and deviation are
  /// finite with a positive deviation.
  public init(
    colour: Picture.Colour, width: Int, height: Int, centralFraction: Double = 1, framing: Framing = .stretch,
    normalization: Normalization = .none
  ) throws {
    guard (1...Self.maximumSide).contains(width), (1...Self.maximumSide).contains(height) else {
      throw PictureError(reason: "an input of \(width)×\(height) pixels: both sides must be 1…\(Self.maximumSide)")
    }
    guard centralFraction > 0, centralFraction <= 1 else {
      throw PictureError(reason: "a central fraction of \(centralFraction): it must be above 0 and at most 1")
    }
    if case .meanDeviation(let mean, let deviation) = normalization {
      guard mean.isFinite, deviation.isFinite, deviation > 0 else {
        throw PictureError(
          reason: "a mean of \(mean) and a deviation of \(deviation): both must be finite, the deviation above 0")
      }
    }
    self.colour = colour
    self.width = width
    self.height = height
    self.centralFraction = centralFraction
    self.framing = framing
    self.normalization = normalization
  }

  private enum CodingKeys: String, CodingKey {
    case colour, centralFraction, framing, width, height, normalization
  }

  /// Reads and checks a stored preprocessing; throws what the memberwise initialiser throws.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      colour: try values.decode(Picture.Colour.self, forKey: .colour),
      width: try values.decode(Int.self, forKey: .width),
      height: try values.decode(Int.self, forKey: .height),
      centralFraction: try values.decode(Double.self, forKey: .centralFraction),
      framing: try values.decodeIfPresent(Framing.self, forKey: .framing) ?? .stretch,
      normalization: try values.decode(Normalization.self, forKey: .normalization))
  }

  /// The picture as planar values `[channels, height, width]`.
  public func prepare(_ picture: Picture) -> [Float] {
    let region = region(of: picture)
    let values = Resampling(from: (region.width, region.height), to: (width, height))
      .apply(to: picture, x: region.x, y: region.y)
    return normalized(values, channels: picture.channels)
  }

  /// Resampled values, 0…255, as planes on the scale of the normalization.
  func normalized(_ values: [Float], channels: Int) -> [Float] {
    let planes = planar(values, channels: channels)
    return planes.withUnsafeBufferPointer { source in
      [Float](unsafeUninitializedCapacity: count) { target, initialized in
        normalize(source, into: target)
        initialized = count
      }
    }
  }

  /// The same preprocessing with its values left on the scale 0…1: what augmentation works on, before
  /// ``normalize(_:into:)``.
  public var unnormalized: Preprocessing {
    var copy = self
    copy.normalization = .none
    return copy
  }

  /// Brings one picture's values from the scale 0…1 to the scale of the normalization.
  ///
  /// - Parameters:
  ///   - values: `unnormalized.count` values.
  ///   - target: room for `count` values; may be `values` itself where both counts agree.
  public func normalize(_ values: UnsafeBufferPointer<Float>, into target: UnsafeMutableBufferPointer<Float>) {
    precondition(
      values.count == unnormalized.count && target.count == count, "a picture's values do not fill the input's shape")
    guard let from = values.baseAddress, let to = target.baseAddress else { return }
    switch normalization {
    case .none: to.update(from: from, count: values.count)
    case .meanDeviation(let mean, let deviation):
      for i in values.indices { to[i] = (from[i] - mean) / deviation }
    case .standardize: Self.standardize(values, into: to)
    case .standardizeWithLocalContrast, .halfStandardizeWithRootContrast:
      for channel in 0..<colour.channels {
        normalization.localContrast(width: width, height: height)?.apply(
          to: from + channel * width * height, into: to + (colour.channels + channel) * width * height)
      }
      Self.standardize(values, into: to, scale: normalization == .halfStandardizeWithRootContrast ? 0.5 : 1)
    }
  }

  private static func standardize(
    _ values: UnsafeBufferPointer<Float>, into target: UnsafeMutablePointer<Float>, scale factor: Double = 1
  ) {
    let count = Double(values.count)
    let mean = values.reduce(0.0) { $0 + Double($1) } / count
    let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
    let scale = factor / max(variance.squareRoot(), 1 / count.squareRoot())
    for i in values.indices { target[i] = Float((Double(values[i]) - mean) * scale) }
  }

  /// The picture in a file, decoded and prepared; throws what `Picture.init(contentsOf:limits:as:)` throws.
  public func prepare(contentsOf path: String, limits: PictureLimits = .default) throws -> [Float] {
    prepare(try Picture(contentsOf: path, limits: limits, as: colour))
  }

  /// The part that is shown, in pixels.
  func region(of picture: Picture) -> (x: Int, y: Int, width: Int, height: Int) {
    var (w, h) = (Double(picture.width), Double(picture.height))
    if framing == .fill {
      let scale = min(w / Double(width), h / Double(height))
      (w, h) = (Double(width) * scale, Double(height) * scale)
    }
    let kept = (
      min(max(Int((w * centralFraction).rounded()), 1), picture.width),
      min(max(Int((h * centralFraction).rounded()), 1), picture.height)
    )
    return ((picture.width - kept.0) / 2, (picture.height - kept.1) / 2, kept.0, kept.1)
  }

  /// Interleaved 0…255 of either colour to planes of 0…1 of the wanted one.
  private func planar(_ values: [Float], channels: Int) -> [Float] {
    let area = width * height
    switch (channels, colour) {
    case (1, .grey): return values.map { $0 / 255 }
    case (1, .rgb): return (0..<(3 * area)).map { values[$0 % area] / 255 }
    case (_, .grey):
      return (0..<area).map {
        (0.299 * values[3 * $0] + 0.587 * values[3 * $0 + 1] + 0.114 * values[3 * $0 + 2]) / 255
      }
    case (_, .rgb): return (0..<(3 * area)).map { values[$0 % area * 3 + $0 / area] / 255 }
    }
  }
}
