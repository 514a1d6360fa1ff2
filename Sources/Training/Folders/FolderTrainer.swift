import Foundation
import Images
import Networks

/// Pictures in folders, an identity each. See `Images`.
public typealias PictureFolder = Images.PictureFolder

/// Trains an embedder of pictures in folders, a folder an identity, with the triplet loss unless another is chosen.
///
/// ```swift
/// let trained = try FaceTrainer().train(PictureFolder(path: "people"))
/// try trained.file().write(to: URL(fileURLWithPath: "faces.model"))
/// ```
///
/// A first network sets some identities aside and finds by them which epoch is best; the others train on everybody and
/// stop there (see ``CommitteeTrainer``). The same data, settings and seed give the same bytes on any number of workers,
/// also when it was cut off and resumed, unless there is a time to keep.
public struct FolderTrainer<Recipe: FolderRecipe>: LongTraining {
  /// The embedding's dimension, a multiple of the number of networks; nil lets the recipe choose.
  public var dimension: Int?
  /// How many networks are trained apart and joined; nil lets the recipe choose.
  public var members: Int?
  /// Everything chance decides.
  public var seed: UInt64 = 1
  /// Looks at the validation identities, each after as many steps as the recipe says; nil lets the recipe choose.
  public var epochs: Int?
  /// Which loss, for all networks; nil for the recipe's.
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
  /// seed gives no longer the same model. In less than two minutes nothing is learned of how pictures are framed.
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
    try checkTime()
    let claim = try claim()
    defer { withExtendedLifetime(claim) {} }
    var recipe = try Recipe(folder: folder, preprocessing: parent?.preprocessing)
    let (inputs, skipped) = LabelledInputs.reading(folder, preprocessing: recipe.preprocessing)
    guard skipsBroken || skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    try inputs.checkIdentities(least: leastIdentities)
    recipe = recipe.fitted(to: inputs)
    var trainer = try trainer(recipe)
    try trainer.plans[0].configuration.validate()
    let digest = try DataDigest(of: folder)
    let file = try checkpointFolder(
      Everything(
        data: digest.sha256, seed: seed, architectures: trainer.plans.map(\.architecture),
        configurations: trainer.plans.map(\.configuration), framing: framingSettings(recipe),
        parent: parent?.card.sha256, byTime: seconds != nil),
      since: started, onEvent: onEvent)
    // First, so that it is known how much time there is left; it takes seconds, and is done again after an interruption.
    let framing = try framing(recipe, inputs) { onEvent(0, $0) }
    trainer.checkpoints = file
    var notes: [String] = []
    if parent == nil, recipe.framing != nil, framingSettings(recipe) == nil {
      notes.append("how pictures are framed was not learned, for which two minutes (--minutes 2) are the least")
    }
    if let seconds {
      let wanted = trainer.plans.count
      try trainer.keep(
        to: seconds, used: started.secondsUntilNow, inputs: inputs, hasChosenSteps: epochs != nil)
      if trainer.plans.count < wanted {
        notes.append(
          "of \(wanted) networks \(trainer.plans.count) \(trainer.plans.count == 1 ? "was" : "were") trained: "
            + "there was no time (--minutes) for more")
      }
    }
    let date = try file?.date() ?? ModelCard.today
    onEvent(
      0,
      .planned(
        trainings: trainer.trainings(of: inputs.labels),
        configuration: trainer.plans[0].configuration))
    let committee = try trainer.train(inputs, onEvent: onEvent)
    notes += note(onFold: committee.fold, inputs)
    if parent == nil, framing != nil, !committee.fold.validation.isEmpty {
      notes.append(
        "how pictures are framed was learned from all of them, without labels, also from those set aside: figures on these may "
          + "be a little too good")
    }

    var card = ModelCard(
      recipe: Recipe.name, seed: seed, identities: Set(inputs.labels).count, pictures: inputs.count,
      configuration: trainer.plans[0].configuration, bestEpochs: committee.members.map { $0.epochs[$0.bestEpoch] })
    let losses = trainer.plans.map(\.configuration.loss)
    card.losses = Set(losses).count > 1 ? losses : nil
    card.dataSHA256 = digest.sha256
    card.date = date
    card.licence = licence ?? ModelCard.usualLicence
    card.parent = parent?.card
    card.framing = framingSettings(recipe)
    card.notes = notes.isEmpty ? nil : notes
    card.list(names: Set(inputs.labels).sorted().map { inputs.names[$0] })
    card.list(files: digest.files)
    let views = try parent?.network.views ?? views(recipe, committee, trainer.plans[0].architecture, inputs)
    var trained = TrainedEmbedder(
      model: try model(inputs, trainer, committee, views, framing, card), card: card, committee: committee,
      inputs: inputs, skipped: skipped, checkpoints: file, seconds: 0)
    if measures, let reports = try trained.measure(folder: folder) {
      card.validationIdentities = trained.validationIdentities.count
      card.figures = Dictionary(uniqueKeysWithValues: reports.map { ($0.name, $0.report.withoutCurve()) })
      trained.reports = reports
      if Recipe.measuresFewShots {
        trained.fewShots = try trained.validationFewShots(folder: folder)
        card.fewShots = trained.fewShots.map { rows in
          Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.report.figures.compactMapValues { $0 }) })
        }
      }
      trained.card = card
      trained.model = try model(inputs, trainer, committee, views, framing, card)
    }
    trained.seconds = (file?.secondsBefore ?? 0) + started.secondsUntilNow
    return trained
  }

  /// What is to be said of those who were set aside.
  private func note(onFold fold: ValidationFold, _ inputs: LabelledInputs) -> [String] {
    var notes: [String] = []
    let left = inputs.count - fold.training.count - fold.validation.count
    if left > 0 {
      notes.append(
        "of those set aside \(fold.validation.count) pictures are looked at after every epoch, and \(left) others are not"
      )
    }
    let names = Set(fold.validation.map { inputs.names[inputs.labels[$0]] })
    if let parent, let listing = parent.network.metadata["card"].flatMap(TrainedIdentities.init(card:)),
      let note = listing.note(setAside: names, noun: "identities")
    {
      notes.append(note)
    }
    return notes
  }

  /// Two to learn from, and two strangers to each.
  private var leastIdentities: Int { 2 }

  private func model(
    _ inputs: LabelledInputs, _ trainer: CommitteeTrainer, _ committee: CommitteeTrainer.Committee, _ views: [View],
    _ framing: FramingNetwork?, _ card: ModelCard
  ) throws -> PictureModel {
    try PictureModel(
      recipe: Recipe.name, preprocessing: inputs.preprocessing,
      members: zip(trainer.plans, committee.members).map { .init(architecture: $0.architecture, weights: $1.weights) },
      views: views, framing: framing, card: card)
  }

  /// How a network of framing is trained: as the recipe says, but of a model that is trained further it stays, and where there
  /// are no two minutes it would take too much of them.
  private func framingSettings(_ recipe: Recipe) -> FramingSettings? {
    parent == nil && seconds ?? .infinity >= 120 ? recipe.framing : nil
  }

  /// What finds pictures' usual part: the parent's, or one that the recipe asks for.
  private func framing(
    _ recipe: Recipe, _ inputs: LabelledInputs, onEvent: (TrainingEvent) -> Void
  ) throws -> FramingNetwork? {
    if let parent { return parent.network.framing }
    return try framingSettings(recipe).map {
      onEvent(.preparing("how pictures are framed is learned"))
      return try FramingTrainer(settings: $0, seed: SeededRandom(seed: seed).number(Self.framingKey), workers: workers)
        .train(inputs)
    }
  }

  /// Far from the numbers of the committee's networks.
  private static var framingKey: UInt64 { 1 << 32 }

  /// The way of looking that helps the scout on the identities set aside, the plainest where none does.
  private func views(
    _ recipe: Recipe, _ committee: CommitteeTrainer.Committee, _ architecture: Architecture, _ inputs: LabelledInputs
  ) throws -> [View] {
    let choices = recipe.viewChoices
    guard let scout = committee.scout, choices.count > 1 else { return choices[0] }
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

  /// All that decides the result.
  private struct Everything: Encodable {
    var recipe = Recipe.name
    var data: String
    var seed: UInt64
    var architectures: [Architecture]
    var configurations: [TrainingConfiguration]
    var framing: FramingSettings?
    var parent: String?
    var byTime: Bool
  }

  private func trainer(_ recipe: Recipe) throws -> CommitteeTrainer {
    var plans: [CommitteeTrainer.Plan]
    let chosen = try configuration(parent == nil ? recipe.configuration : recipe.furtherConfiguration)
    if let parent {
      guard members == nil, dimension == nil else {
        throw TrainingError.badSetting(
          name: members == nil ? "dimension" : "networks",
          reason: "comes from the model that is trained from: leave it out")
      }
      plans = recipe.plans(from: parent, configuration: chosen)
    } else {
      let count = members ?? recipe.members
      guard (1...16).contains(count) else {
        throw TrainingError.badSetting(name: "networks", reason: "must be from 1 to 16")
      }
      plans = try recipe.plans(members: count, dimension: dimension(of: count), configuration: chosen)
    }
    // A recipe may mix losses; one that was asked for is every network's.
    if loss != nil {
      for place in plans.indices { plans[place].configuration.loss = chosen.loss }
    }
    var trainer = CommitteeTrainer(plans: plans, seed: seed, keepsScout: recipe.keepsScout, workers: workers)
    trainer.enlarging = recipe.enlarging
    return trainer
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
