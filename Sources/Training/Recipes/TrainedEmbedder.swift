import Foundation
import Images
import Networks

/// What a training leaves: the model, and what was seen on the way.
public struct TrainedEmbedder: Sendable {
  /// The model.
  public let model: PictureModel
  /// What the model says of itself.
  public let card: ModelCard
  /// Every epoch.
  public let epochs: [EpochRecord]
  /// Collapses noticed and cured on the way.
  public let collapses: [CollapseRecord]
  /// Pictures that were left out.
  public let skipped: [LabelledInputs.Skipped]
  /// The identities set aside to steer by.
  let validation: LabelledInputs?
  /// How long it took, in seconds.
  public let seconds: Double

  /// The bytes of the model file.
  public var file: Data { model.file }

  /// The figures on the identities set aside; nil where there were none. They chose the best epoch, so they flatter it
  /// a little: use people kept apart from all of this for figures to quote.
  public func validationReport() throws -> IdentificationReport? {
    guard let validation else { return nil }
    return try Evaluation.evaluate(
      embeddings: model.embed(validation), dimension: model.network.dimension, labels: validation.labels,
      metric: .euclidean, draws: 20, bootstrap: 200, seed: 0)
  }
}
