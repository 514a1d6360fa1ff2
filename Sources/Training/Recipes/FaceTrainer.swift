import Foundation
import Images
import Networks

/// Pictures in folders, an identity each. See `Images`.
public typealias PictureFolder = Images.PictureFolder

/// Trains an embedder of faces (or of anything else photographed alike) with the triplet loss.
///
/// ```swift
/// let trained = try FaceTrainer().train(PictureFolder(path: "people"))
/// try trained.file.write(to: URL(fileURLWithPath: "faces.model"))
/// ```
public struct FaceTrainer: Sendable {
  /// The embedding's dimension; nil lets the recipe choose from the data.
  public var dimension: Int?
  /// Everything chance decides.
  public var seed: UInt64 = 1
  /// Passes over the data; nil lets the recipe choose.
  public var epochs: Int?
  /// The triplet loss's margin; nil for the recipe's.
  public var margin: Float?
  /// Which triplets are trained on; nil for the recipe's.
  public var miner: TripletMiner?
  /// The highest learning rate; nil for the recipe's.
  public var peakRate: Double?
  /// The share of identities to steer by; nil for the recipe's.
  public var validationShare: Double?
  /// Whether pictures that cannot be read are left out instead of ending it all.
  public var skipsBroken = false
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// A trainer that takes everything from the recipe.
  public init() {}

  /// Trains on a folder of folders.
  ///
  /// - Parameters:
  ///   - folder: a folder per identity; at least four with two pictures each.
  ///   - onEvent: hears of every step and epoch.
  /// - Throws: ``TrainingError``; `PictureError` where no picture can be read at all.
  public func train(
    _ folder: PictureFolder, onEvent: (TrainingEvent) -> Void = { _ in }
  ) throws -> TrainedEmbedder {
    let started = ContinuousClock.now
    let recipe = FaceRecipe(folder: folder)
    let preprocessing = recipe.preprocessing
    let (inputs, skipped) = LabelledInputs.reading(folder, preprocessing: preprocessing)
    guard skipsBroken || skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    let configuration = self.configuration(recipe.configuration(for: inputs), inputs: inputs)
    let architecture = try recipe.architecture(dimension: dimension)
    let split = ValidationSplit(labels: inputs.labels, share: configuration.validationShare, seed: seed)
    let training = inputs.rows(split.training)
    let validation = split.validation.isEmpty ? nil : inputs.rows(split.validation)
    let result = try EmbeddingTrainer(architecture: architecture, configuration: configuration, workers: workers)
      .train(training, validation: validation, onEvent: onEvent)

    let best = result.epochs[result.bestEpoch]
    let card = ModelCard(
      recipe: FaceRecipe.name, seed: seed, identities: Set(inputs.labels).count, pictures: inputs.count,
      validationIdentities: Set(validation?.labels ?? []).count, configuration: configuration, bestEpoch: best)
    let model = try PictureModel(
      recipe: FaceRecipe.name, preprocessing: preprocessing, architecture: architecture, weights: result.weights,
      mirrorMean: true, card: card)
    return TrainedEmbedder(
      model: model, card: card, epochs: result.epochs, collapses: result.collapses, skipped: skipped,
      validation: validation, seconds: started.secondsUntilNow)
  }

  private func configuration(_ recipe: TrainingConfiguration, inputs: LabelledInputs) -> TrainingConfiguration {
    var chosen = recipe
    chosen.seed = seed
    if let margin { chosen.loss.margin = margin }
    if let miner { chosen.miner = miner }
    if let peakRate { chosen.peakRate = peakRate }
    if let validationShare { chosen.validationShare = validationShare }
    if let epochs { chosen.steps = max(1, epochs) * chosen.stepsPerEpoch }
    return chosen
  }
}
