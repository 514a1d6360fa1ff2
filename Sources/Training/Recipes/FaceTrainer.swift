import Foundation
import Images
import Networks

/// Pictures in folders, an identity each. See `Images`.
public typealias PictureFolder = Images.PictureFolder

/// Trains an embedder of faces (or of anything else photographed alike) with the triplet loss.
///
/// ```swift
/// let trained = try FaceTrainer().train(PictureFolder(path: "people"))
/// try trained.file().write(to: URL(fileURLWithPath: "faces.model"))
/// ```
public struct FaceTrainer: Sendable {
  /// The embedding's dimension, a multiple of the number of networks; nil lets the recipe choose.
  public var dimension: Int?
  /// How many networks are trained apart and joined; nil lets the recipe choose.
  public var members: Int?
  /// Everything chance decides.
  public var seed: UInt64 = 1
  /// Looks at the validation identities, each after as many steps as the recipe says; nil lets the recipe choose.
  public var epochs: Int?
  /// The triplet loss's margin; nil for the recipe's.
  public var margin: Float?
  /// Which triplets are trained on; nil for the recipe's.
  public var miner: TripletMiner?
  /// The highest learning rate; nil for the recipe's.
  public var peakRate: Double?
  /// The share of identities to set aside and steer by; nil for the recipe's.
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
  ///   - onEvent: hears of every step and epoch, and of which network (counted from 0).
  /// - Throws: ``TrainingError`` for settings out of range, too few identities, pictures that cannot be read, a loss
  ///   that is no number, and a collapse that could not be cured.
  public func train(
    _ folder: PictureFolder, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> TrainedEmbedder {
    let started = ContinuousClock.now
    let recipe = try FaceRecipe(folder: folder)
    let (inputs, skipped) = LabelledInputs.reading(folder, preprocessing: recipe.preprocessing)
    guard skipsBroken || skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    let trainer = try trainer(recipe)
    onEvent(0, .planned(trainings: trainer.trainings(identities: Set(inputs.labels).count)))
    let committee = try trainer.train(inputs, onEvent: onEvent)

    let card = ModelCard(
      recipe: FaceRecipe.name, seed: seed, identities: Set(inputs.labels).count, pictures: inputs.count,
      configuration: trainer.plans[0].configuration, bestEpochs: committee.members.map { $0.epochs[$0.bestEpoch] })
    let model = try PictureModel(
      recipe: FaceRecipe.name, preprocessing: inputs.preprocessing,
      members: zip(trainer.plans, committee.members).map { .init(architecture: $0.architecture, weights: $1.weights) },
      views: FaceRecipe.views, card: card)
    return TrainedEmbedder(
      model: model, card: card, committee: committee, inputs: inputs, skipped: skipped,
      seconds: started.secondsUntilNow)
  }

  private func trainer(_ recipe: FaceRecipe) throws -> CommitteeTrainer {
    let count = members ?? recipe.members
    guard (1...16).contains(count) else {
      throw TrainingError.badSetting(name: "networks", reason: "must be from 1 to 16")
    }
    let plans = try recipe.plans(
      members: count, dimension: dimension(of: count), configuration: configuration(recipe.configuration))
    return CommitteeTrainer(plans: plans, seed: seed, keepsScout: recipe.isLarge, workers: workers)
  }

  private func dimension(of members: Int) throws -> Int? {
    guard let dimension else { return nil }
    guard dimension % members == 0, dimension > 0 else {
      throw TrainingError.badSetting(
        name: "dimension", reason: "\(dimension) cannot be shared out among \(members) networks: use a multiple")
    }
    return dimension / members
  }

  private func configuration(_ recipe: TrainingConfiguration) -> TrainingConfiguration {
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
