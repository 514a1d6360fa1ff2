import Foundation
import Framing
import Images
import Networks

/// A model that turns pictures into embeddings, with everything needed to use it: what a model file holds.
public struct PictureModel: Sendable {
  /// The recipe that made it: `faces`, `pca`, `fisherfaces`.
  public let recipe: String
  /// How a picture becomes the network's input.
  public let preprocessing: Preprocessing
  /// The network.
  public let network: EmbeddingModel

  /// Joins a network with its preprocessing and writes both into the model's metadata.
  ///
  /// - Parameters:
  ///   - recipe: what made it.
  ///   - preprocessing: its `shape` must be the architecture's input.
  ///   - members: the networks.
  ///   - views: how a picture is looked at.
  ///   - framing: what finds a picture's usual part; nil to show it as it is.
  ///   - card: facts about the training, as they go into the model card.
  /// - Throws: the model file's error where weights and architecture disagree.
  public init(
    recipe: String, preprocessing: Preprocessing, members: [EmbeddingModel.Member], views: [View],
    framing: FramingNetwork? = nil, card: some Encodable
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    self.recipe = recipe
    self.preprocessing = preprocessing
    self.network = try EmbeddingModel(
      members: members,
      metadata: [
        "kind": "image",
        "recipe": recipe,
        "metric": "euclidean",
        "card": String(decoding: try encoder.encode(card), as: UTF8.self),
        Preprocessing.metadataKey: String(decoding: try encoder.encode(preprocessing), as: UTF8.self),
      ], views: views, framing: framing)
  }

  /// The bytes of the model file; the same model gives the same bytes.
  public func file() throws -> Data { try network.encoded() }

  /// A picture's file as its networks see it: the part that they are shown, at their size and in their colour, before the
  /// values are normalized.
  ///
  /// - Throws: `PictureError` where it cannot be read.
  public func seen(_ path: String) throws -> Picture {
    try preprocessing.seen(Picture(contentsOf: path, as: preprocessing.colour), by: network.framing)
  }

  /// Embeds prepared inputs, framed as they are: one row of `network.dimension` values an input.
  public func embed(_ inputs: LabelledInputs, workers: Int? = nil) throws -> [Float] {
    try network.embed(inputs, workers: workers ?? Workers.cores)
  }

  /// Measures the model on identities that it was not trained on.
  ///
  /// - Parameters:
  ///   - folder: a folder per identity.
  ///   - skipsBroken: whether pictures that cannot be read are left out instead of ending it all.
  ///   - draws: random galleries to average over.
  ///   - bootstrap: resamples for the intervals; 0 for none.
  ///   - seed: the seed of both.
  /// - Throws: ``TrainingError`` for pictures that cannot be read, and the evaluation's errors.
  public func evaluate(
    on folder: PictureFolder, skipsBroken: Bool = false, draws: Int = 20, bootstrap: Int = 200, seed: UInt64 = 0
  ) throws -> IdentificationReport {
    let (inputs, skipped) = LabelledInputs.reading(folder, preprocessing: preprocessing, framing: network.framing)
    guard skipsBroken || skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    return try evaluate(on: inputs, draws: draws, bootstrap: bootstrap, seed: seed)
  }

  func evaluate(
    on inputs: LabelledInputs, draws: Int = 20, bootstrap: Int = 200, seed: UInt64 = 0
  ) throws -> IdentificationReport {
    try Evaluation.evaluate(
      embeddings: embed(inputs), dimension: network.dimension, labels: inputs.labels, metric: .euclidean, draws: draws,
      bootstrap: bootstrap, seed: seed)
  }
}
