import Foundation
import Images
import Networks

/// Trains an embedder of pictures of any kind, a folder a class, to tell classes apart that it never saw.
///
/// ```swift
/// let trained = try PictureTrainer().train(PictureFolder(path: "characters"))
/// try trained.file().write(to: URL(fileURLWithPath: "characters.model"))
/// ```
public struct PictureTrainer: Sendable {
  /// The embedding's dimension, a multiple of the number of networks; nil lets the recipe choose.
  public var dimension: Int?
  /// How many networks are trained apart and joined; nil lets the recipe choose.
  public var members: Int?
  /// Everything chance decides.
  public var seed: UInt64 = 1
  /// Looks at the classes set aside, each after as many steps as the recipe says; nil lets the recipe choose.
  public var epochs: Int?
  /// The triplet loss's margin; nil for the recipe's.
  public var margin: Float?
  /// Which triplets are trained on; nil for the recipe's.
  public var miner: TripletMiner?
  /// The highest learning rate; nil for the recipe's.
  public var peakRate: Double?
  /// The share of classes to set aside and steer by; nil for the recipe's.
  public var validationShare: Double?
  /// Whether turned pictures of a class are a class of their own where the data show that they look like none.
  public var learnsFromTurned = true
  /// Whether pictures that cannot be read are left out instead of ending it all.
  public var skipsBroken = false
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// A trainer that takes everything from the recipe.
  public init() {}

  /// Trains on a folder of folders, however deep; those with pictures in them are the classes.
  ///
  /// - Parameters:
  ///   - folder: at least four classes with two pictures each.
  ///   - onEvent: hears of every step and epoch, and of which network (counted from 0).
  /// - Throws: ``TrainingError`` for settings out of range, too few classes, pictures that cannot be read, a loss that is
  ///   no number, and a collapse that could not be cured.
  public func train(
    _ folder: PictureFolder, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> TrainedEmbedder {
    let started = ContinuousClock.now
    let recipe = try PictureRecipe(folder: folder)
    let (inputs, skipped) = LabelledInputs.reading(folder, preprocessing: recipe.preprocessing)
    guard skipsBroken || skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    let turns = Turns(of: inputs)
    var trainer = try trainer(recipe, turns)
    if learnsFromTurned, !turns.makers.isEmpty { trainer.enlarging = { turns.enlarged($0) } }
    onEvent(
      0,
      .planned(
        trainings: trainer.trainings(identities: Set(inputs.labels).count),
        configuration: trainer.plans[0].configuration))
    let committee = try trainer.train(inputs, onEvent: onEvent)

    var card = ModelCard(
      recipe: PictureRecipe.name, seed: seed, identities: Set(inputs.labels).count, pictures: inputs.count,
      configuration: trainer.plans[0].configuration, bestEpochs: committee.members.map { $0.epochs[$0.bestEpoch] })
    card.dataSHA256 = try DataDigest.sha256(of: folder)
    card.date = ModelCard.today
    card.licence = ModelCard.usualLicence
    card.list(Set(inputs.labels).sorted().map { inputs.names[$0] })
    let model = try PictureModel(
      recipe: PictureRecipe.name, preprocessing: inputs.preprocessing,
      members: zip(trainer.plans, committee.members).map { .init(architecture: $0.architecture, weights: $1.weights) },
      views: try views(turns, committee, trainer.plans[0].architecture, inputs), card: card)
    return TrainedEmbedder(
      model: model, card: card, committee: committee, inputs: inputs, skipped: skipped, checkpoints: nil,
      seconds: started.secondsUntilNow)
  }

  /// The way of looking that helps the scout on the classes set aside, the plainest where none does.
  private func views(
    _ turns: Turns, _ committee: CommitteeTrainer.Committee, _ architecture: Architecture, _ inputs: LabelledInputs
  ) throws -> [View] {
    let choices = PictureRecipe.views(turns)
    guard let scout = committee.scout else { return choices[0] }
    let validation = inputs.rows(committee.fold.validation)
    var best = (views: choices[0], score: -1.0)
    for views in choices {
      let model = try EmbeddingModel(
        members: [.init(architecture: architecture, weights: scout.weights)], views: views)
      let embeddings = try model.embed(validation.tensor, workers: workers ?? Workers.cores)
      let report = try Evaluation.evaluate(
        embeddings: embeddings.values, dimension: model.dimension, labels: validation.labels, metric: .euclidean,
        draws: 1, bootstrap: 0)
      if report.mapAtR.value > best.score { best = (views, report.mapAtR.value) }
    }
    return best.views
  }

  private func trainer(_ recipe: PictureRecipe, _ turns: Turns) throws -> CommitteeTrainer {
    let count = members ?? recipe.members
    guard (1...16).contains(count) else {
      throw TrainingError.badSetting(name: "networks", reason: "must be from 1 to 16")
    }
    if let dimension, dimension % count != 0 || dimension < 1 {
      throw TrainingError.badSetting(
        name: "dimension", reason: "\(dimension) cannot be shared out among \(count) networks: use a multiple")
    }
    let plan = CommitteeTrainer.Plan(
      architecture: try recipe.architecture(dimension: dimension.map { $0 / count }),
      configuration: configuration(recipe.configuration(turns)))
    return CommitteeTrainer(
      plans: [CommitteeTrainer.Plan](repeating: plan, count: count), seed: seed, keepsScout: recipe.keepsScout,
      workers: workers)
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
