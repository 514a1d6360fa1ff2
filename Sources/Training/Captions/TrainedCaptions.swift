import Foundation
import Networks

/// What a training of two towers leaves: the model, and what was seen on the way.
public struct TrainedCaptions: Sendable {
  /// The model.
  public internal(set) var model: CaptionModel
  /// What the model says of itself.
  public internal(set) var card: CaptionCard
  /// How each pair's training went.
  public let epochs: [[CaptionEpoch]]
  let training: CaptionedPictures
  let validation: CaptionedPictures?
  let scout: CaptionModel?
  /// Pictures that were left out.
  public let skipped: [LabelledInputs.Skipped]
  /// Where its checkpoints are; to be removed once the model is written.
  public let checkpoints: CheckpointFolder?
  /// How long it took, in seconds.
  public internal(set) var seconds: Double
  /// How the first pair of towers and the baseline do on the concepts that were set aside.
  public internal(set) var reports: [(name: String, report: CaptionReport)]?

  /// The bytes of the model file.
  public func file() throws -> Data { try model.encoded() }
}
