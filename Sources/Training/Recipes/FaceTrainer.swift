import Crypto
import Foundation
import Images
import Networks

/// Pictures in folders, an identity each. See `Images`.
public typealias PictureFolder = Images.PictureFolder

/// Trains an embedder of faces (or of anything else photographed alike), with the triplet loss unless another is chosen.
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
  /// Which loss; nil for the recipe's.
  public var loss: LossSettings.Kind?
  /// The loss's margin; nil for the recipe's.
  public var margin: Float?
  /// The loss's scale; nil for the recipe's.
  public var scale: Float?
  /// The loss's temperature; nil for the recipe's.
  public var temperature: Float?
  /// Which triplets are trained on; nil for the recipe's.
  public var miner: TripletMiner?
  /// How batches are put together; nil for the recipe's.
  public var batches: TrainingConfiguration.Batches?
  /// The highest learning rate; nil for the recipe's.
  public var peakRate: Double?
  /// The share of identities to set aside and steer by; nil for the recipe's.
  public var validationShare: Double?
  /// Epochs without an improvement after which the network that is steered ends early; nil for the recipe's.
  public var patience: Int?
  /// Whether pictures that cannot be read are left out instead of ending it all.
  public var skipsBroken = false
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?
  /// A folder to keep checkpoints in while it trains; nil for none.
  public var checkpoints: String?
  /// Whether to go on from the checkpoints that are there.
  public var resumes = false
  /// Seconds to keep, reading and measuring included; nil for as many as the recipe's steps need. By the clock the same
  /// seed gives no longer the same model.
  public var seconds: Double?
  /// A model to begin with.
  public var parent: ParentModel?
  /// Whether the scout and the baselines are measured at the end, for the model card.
  public var measures = true
  /// Who may use the model, for the card.
  public var licence: String?

  /// A trainer that takes everything from the recipe.
  public init() {}

  /// Trains on a folder of folders.
  ///
  /// - Parameters:
  ///   - folder: a folder per identity; at least four with two pictures each.
  ///   - onEvent: hears of every step and epoch, and of which network (counted from 0).
  /// - Throws: ``TrainingError`` for settings out of range, too few identities, pictures that cannot be read, a loss
  ///   that is no number, a collapse that could not be cured, and checkpoints that cannot be written or used.
  public func train(
    _ folder: PictureFolder, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> TrainedEmbedder {
    let started = ContinuousClock.now
    let recipe = try FaceRecipe(folder: folder, preprocessing: parent?.preprocessing)
    let (inputs, skipped) = LabelledInputs.reading(folder, preprocessing: recipe.preprocessing)
    guard skipsBroken || skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    try inputs.checkIdentities(least: Self.leastIdentities)
    var trainer = try trainer(recipe)
    try trainer.plans[0].configuration.validate()
    let digest = try DataDigest.sha256(of: folder)
    let file = try checkpoints.map {
      try CheckpointFolder(path: $0, fingerprint: fingerprint(trainer, data: digest), isResuming: resumes)
    }
    trainer.checkpoints = file
    if let seconds { try trainer.keep(to: seconds - started.secondsUntilNow, inputs: inputs) }
    let date = try file?.date() ?? ModelCard.today
    onEvent(
      0,
      .planned(
        trainings: trainer.trainings(identities: Set(inputs.labels).count),
        configuration: trainer.plans[0].configuration))
    let committee = try trainer.train(inputs, onEvent: onEvent)

    var card = ModelCard(
      recipe: FaceRecipe.name, seed: seed, identities: Set(inputs.labels).count, pictures: inputs.count,
      configuration: trainer.plans[0].configuration, bestEpochs: committee.members.map { $0.epochs[$0.bestEpoch] })
    card.dataSHA256 = digest
    card.date = date
    card.licence = licence ?? ModelCard.usualLicence
    card.parent = parent?.card
    card.list(Set(inputs.labels).sorted().map { inputs.names[$0] })
    var trained = TrainedEmbedder(
      model: try model(inputs, trainer, committee, card), card: card, committee: committee, inputs: inputs,
      skipped: skipped, checkpoints: file, seconds: 0)
    if measures, let reports = try trained.measure(folder: folder) {
      card.validationIdentities = trained.validationIdentities.count
      card.figures = Dictionary(uniqueKeysWithValues: reports.map { ($0.name, $0.report.withoutCurve()) })
      trained.reports = reports
      trained.card = card
      trained.model = try model(inputs, trainer, committee, card)
    }
    trained.seconds = started.secondsUntilNow
    return trained
  }

  /// Two to learn from, and two strangers to each.
  private static let leastIdentities = 2

  private func model(
    _ inputs: LabelledInputs, _ trainer: CommitteeTrainer, _ committee: CommitteeTrainer.Committee, _ card: ModelCard
  ) throws -> PictureModel {
    try PictureModel(
      recipe: FaceRecipe.name, preprocessing: inputs.preprocessing,
      members: zip(trainer.plans, committee.members).map { .init(architecture: $0.architecture, weights: $1.weights) },
      views: parent?.network.views ?? FaceRecipe.views, card: card)
  }

  /// What everything comes to that decides the result, the number of threads not among it.
  private func fingerprint(_ trainer: CommitteeTrainer, data: String) throws -> String {
    struct Everything: Encodable {
      var data: String
      var seed: UInt64
      var architectures: [Architecture]
      var configurations: [TrainingConfiguration]
      var parent: String?
      var byTime: Bool
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let everything = Everything(
      data: data, seed: seed, architectures: trainer.plans.map(\.architecture),
      configurations: trainer.plans.map(\.configuration), parent: parent?.card.sha256, byTime: seconds != nil)
    return SHA256.hash(data: try encoder.encode(everything)).hexadecimal
  }

  private func trainer(_ recipe: FaceRecipe) throws -> CommitteeTrainer {
    if let parent {
      guard members == nil, dimension == nil else {
        throw TrainingError.badSetting(
          name: members == nil ? "dimension" : "networks",
          reason: "comes from the model that is trained from: leave it out")
      }
      return CommitteeTrainer(
        plans: recipe.plans(from: parent, configuration: try configuration(recipe.furtherConfiguration)), seed: seed,
        keepsScout: recipe.isLarge, workers: workers)
    }
    let count = members ?? recipe.members
    guard (1...16).contains(count) else {
      throw TrainingError.badSetting(name: "networks", reason: "must be from 1 to 16")
    }
    let plans = try recipe.plans(
      members: count, dimension: dimension(of: count), configuration: try configuration(recipe.configuration))
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

  private func configuration(_ recipe: TrainingConfiguration) throws -> TrainingConfiguration {
    var chosen = recipe
    chosen.seed = seed
    if let loss, loss != recipe.loss.kind { chosen.loss = LossSettings(loss) }
    try set(margin, "margin", on: chosen.loss.hasMargin, of: chosen.loss.kind) { chosen.loss.margin = $0 }
    try set(scale, "scale", on: chosen.loss.hasScale, of: chosen.loss.kind) { chosen.loss.scale = $0 }
    try set(temperature, "temperature", on: chosen.loss.hasTemperature, of: chosen.loss.kind) {
      chosen.loss.temperature = $0
    }
    if let miner {
      guard chosen.loss.loss.takesTriplets else {
        throw TrainingError.badSetting(
          name: "miner", reason: "has nothing to choose for the loss \(chosen.loss.kind.rawValue): leave it out")
      }
      chosen.miner = miner
    }
    if let batches { chosen.batches = batches }
    if let peakRate { chosen.peakRate = peakRate }
    if let validationShare { chosen.validationShare = validationShare }
    if let patience { chosen.patience = patience }
    if let epochs { chosen.steps = max(1, epochs) * chosen.stepsPerEpoch }
    return chosen
  }

  private func set(
    _ value: Float?, _ name: String, on isTaken: Bool, of loss: LossSettings.Kind, to assign: (Float) -> Void
  ) throws {
    guard let value else { return }
    guard isTaken else {
      throw TrainingError.badSetting(name: name, reason: "is nothing that the loss \(loss.rawValue) has: leave it out")
    }
    assign(value)
  }
}
