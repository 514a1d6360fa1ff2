import Networks

/// What a training leaves.
public struct TrainedSeries: Sendable {
  /// The model.
  public let model: SeriesModel
  /// What it says of itself.
  public let card: SeriesCard
  /// How the training went.
  public let epochs: [SeriesEpoch]
  /// What was left out of the data, in sentences.
  public let notes: [String]
  /// How long all of it took, in seconds.
  public let seconds: Double
  /// Moments trained on in a second.
  public let framesPerSecond: Double
}

/// One look at the validation data.
public struct SeriesEpoch: Sendable, Codable, Hashable {
  /// Counted from 1.
  public var epoch: Int
  /// Steps done.
  public var step: Int
  /// The mean loss of the epoch's steps.
  public var loss: Double
  /// The averaged weights' loss on data never trained on; nil where none were set aside.
  public var validationLoss: Double?
  /// Since the beginning.
  public var seconds: Double

  enum CodingKeys: String, CodingKey {
    case epoch, step, loss, seconds
    case validationLoss = "validation_loss"
  }

  var withoutSeconds: SeriesEpoch {
    var epoch = self
    epoch.seconds = 0
    return epoch
  }
}
