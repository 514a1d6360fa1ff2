/// The shape of one example between two layers.
struct FeatureShape: Hashable, Sendable {
  var channels: Int
  var height: Int
  var width: Int
  /// Whether rows and columns mean something: false after flattening, where height = width = 1.
  var isSpatial: Bool

  var count: Int { channels * height * width }
  /// As the public API and messages have it: `[channels, height, width]` or `[features]`.
  var dimensions: [Int] { isSpatial ? [channels, height, width] : [channels] }

  static func features(_ count: Int) -> FeatureShape {
    FeatureShape(channels: count, height: 1, width: 1, isSpatial: false)
  }
}
