import Foundation
import Images
import Networks

/// Trains two towers, one for pictures and one for sentences, so that each finds the other.
///
/// ```swift
/// let trained = try CaptionTrainer().train(CaptionSheet(path: "drawings"))   // drawings/captions.tsv
/// try trained.file().write(to: URL(fileURLWithPath: "captions.model"))
/// ```
///
/// The same data, configuration and seed give the same bytes on any number of workers, also when it was cut off and
/// resumed, unless there is a time to keep.
public struct CaptionTrainer: LongTraining {
  /// The recipe's name in model files.
  public static let recipe = "captions"

  /// How the towers are trained.
  public var configuration = CaptionConfiguration()
  /// Whether pictures and lines that cannot be read are left out instead of ending it all.
  public var skipsBroken = false
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?
  /// A folder to keep checkpoints in while it trains; nil for none.
  public var checkpoints: String?
  /// Whether to go on from the checkpoints that are there.
  public var resumes = false
  /// Seconds to keep, reading included; nil for as many as the steps need. Pairs of towers of patches, which are not trained
  /// but fitted, are left out where there is no time for them.
  public var seconds: Double?
  /// Who may use the model, for the card.
  public var licence: String?
  /// A model to begin with: its towers, preprocessing and views are kept, words that it does not know are added.
  public var parent: CaptionParent?

  /// A trainer that takes everything from the recipe.
  public init() {}

  /// Reads a list's pictures and trains on them.
  ///
  /// - Parameters:
  ///   - sheet: the pictures and their captions.
  ///   - onEvent: hears of every step and epoch, and of which pair of towers (counted from 0).
  /// - Throws: ``CaptionError`` for pictures that cannot be read and too few of them, ``TrainingError`` for settings out
  ///   of range, a loss that is no number, and checkpoints that cannot be written or used.
  public func train(
    _ sheet: CaptionSheet, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> TrainedCaptions {
    let started = ContinuousClock.now
    let claim = try claim()
    defer { withExtendedLifetime(claim) {} }
    let data = try CaptionedPictures(
      sheet, preprocessing: parent?.preprocessing ?? Self.preprocessing(), skipsBroken: skipsBroken)
    let skipped = Set(data.skipped.map(\.path))
    let files =
      [(name: CaptionSheet.fileName, path: sheet.path)]
      + sheet.entries.filter { !skipped.contains($0.file) }.map { (name: $0.name, path: $0.file) }
    return try train(data, digest: DataDigest(of: files), since: started, onEvent: onEvent)
  }

  /// Trains on pictures in memory.
  ///
  /// - Throws: as ``train(_:onEvent:)-(CaptionSheet,_)``.
  public func train(
    _ data: CaptionedPictures, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> TrainedCaptions {
    try train(data, digest: nil, since: .now, onEvent: onEvent)
  }

  private func train(
    _ data: CaptionedPictures, digest: DataDigest?, since started: ContinuousClock.Instant,
    onEvent: (Int, TrainingEvent) -> Void
  ) throws -> TrainedCaptions {
    var configuration = try chosen()
    try checkTime()
    let concepts = data.concepts
    guard concepts.count >= 2 else {
      throw CaptionError("all pictures have the same captions: there is nothing to tell apart; add others")
    }
    let folder = try checkpointFolder(
      Everything(
        data: data.digest, configuration: configuration, parent: parent?.card.sha256, byTime: seconds != nil),
      since: started, onEvent: onEvent)
    let date = try folder?.date() ?? ModelCard.today
    onEvent(0, .planned(trainings: configuration.members, configuration: configuration))
    let fold = fold(concepts, configuration)
    if configuration.patchTowers > 0 { onEvent(0, .preparing("towers of patches are fitted")) }
    let wanted = configuration.patchTowers
    let fitted = try fitted(configuration, to: data, keeping: folder, since: started)
    configuration.patchTowers = fitted.count
    var runs: [Run] = []
    var used = started.secondsUntilNow
    // What comes after a pair's steps takes its part of the time: how much is known from the first one on.
    var rest = Self.restShare * (seconds ?? 0)
    for member in 0..<configuration.members {
      // The first is steered by concepts it never sees; the others learn from all of them.
      let isScout = member == 0 && !fold.validation.isEmpty
      let known = isScout ? data.rows(fold.training) : data
      let learner = try learner(
        member, of: configuration, on: known, validation: isScout ? data.rows(fold.validation) : nil)
      onEvent(
        member,
        .started(
          parameters: learner.parameterCount,
          data: "\(known.count) pictures with \(Set(known.captionsOfPicture.joined()).count) captions, "
            + "\(isScout ? fold.validation.count : 0) others to steer by"))
      let pairs = Double(configuration.members - member)
      let left = seconds.map { max(0, 1 - (used + rest * (pairs + 1)) / $0) } ?? 1
      let loop = try TrainingLoop.finished(
        learner, clock: TrainingClock(share: left / pairs, of: seconds),
        file: folder?.file(training: member)
      ) { onEvent(member, $0) }
      used += loop.clock.seconds
      let clock = ContinuousClock.now
      let towers = try loop.learner.towers(loop.weights)
      let text = try CaptionRegression.joined(
        to: towers.text, pictures: towers.pictures, data: known, workers: workers ?? Workers.cores)
      rest = clock.secondsUntilNow
      used += rest
      runs.append(Run(pair: (towers.pictures, text), epochs: loop.epochs, kept: loop.kept))
    }
    var card = CaptionCard(
      recipe: Self.recipe, pictures: data.count, captions: data.captions.count, concepts: concepts.count,
      configuration: configuration, bestEpochs: runs.map { $0.epochs[$0.kept] })
    (card.dataSHA256, card.date, card.parent) = (digest?.sha256, date, parent?.card)
    if configuration.patchTowers < wanted {
      let count = wanted - configuration.patchTowers
      card.notes = [
        "of \(wanted) pairs of towers of patches \(count) \(count == 1 ? "was" : "were") left out: there was no time "
          + "(--minutes) for \(count == 1 ? "it" : "them")"
      ]
    }
    if let parent, parent.patchTowers > 0 {
      let (count, all) = (parent.patchTowers, runs.count)
      card.notes =
        (card.notes ?? []) + [
          "\(count) of the \(all) pairs of towers \(count == 1 ? "is" : "are") of patches: fitted in closed form before, "
            + "and trained further here like \(count == all ? "any" : "the others")"
        ]
    }
    if let parent, let listing = parent.model.metadata["card"].flatMap(TrainedIdentities.init(card:)),
      let note = listing.note(setAside: Set(data.rows(fold.validation).conceptNames), noun: "concepts")
    {
      card.notes = (card.notes ?? []) + [note]
    }
    card.licence = licence ?? ModelCard.usualLicenceOfData
    card.list(names: data.conceptNames)
    card.list(files: digest?.files ?? [])
    let views = parent?.model.pictures.views ?? Self.views
    var trained = TrainedCaptions(
      model: try model(runs.map(\.pair) + fitted, views, card, data.preprocessing), card: card,
      epochs: runs.map(\.epochs),
      training: data.rows(fold.training), validation: fold.validation.isEmpty ? nil : data.rows(fold.validation),
      scout: fold.validation.isEmpty
        ? nil
        : try CaptionModel(
          pictures: EmbeddingModel(members: [runs[0].pair.pictures], views: views), texts: [runs[0].pair.text]),
      skipped: data.skipped, checkpoints: folder, seconds: 0)
    if let reports = try trained.validationReports() {
      card.figures = Dictionary(uniqueKeysWithValues: reports.map { ($0.name, $0.report) })
      (trained.card, trained.reports) = (card, reports)
      trained.model = try model(runs.map(\.pair) + fitted, views, card, data.preprocessing)
    }
    trained.seconds = (folder?.secondsBefore ?? 0) + started.secondsUntilNow
    return trained
  }

  private typealias Pair = (pictures: EmbeddingModel.Member, text: TextTower)

  /// What a pair of towers ended with.
  private struct Run {
    var pair: Pair
    var epochs: [CaptionEpoch]
    var kept: Int
  }

  /// All that decides the result.
  private struct Everything: Encodable {
    var recipe = CaptionTrainer.recipe
    var data: String
    var configuration: CaptionConfiguration
    var parent: String?
    var byTime: Bool
  }

  /// The settings: those of a model that is trained further are slower, not as long, and of its shape.
  private func chosen() throws -> CaptionConfiguration {
    guard let parent else {
      try configuration.validate()
      return configuration
    }
    var further = configuration
    (further.members, further.patchTowers) = (parent.model.texts.count, 0)
    further.dimension = parent.model.texts[0].dimension
    further.width = parent.model.texts[0].table.shape[1]
    further.peakRate *= 0.2
    further.steps = max(1, further.steps / 2)
    try further.validate()
    return further
  }

  /// What is kept of a given time, for each pair, for what comes after its steps, before it is known how long that takes.
  private static let restShare = 0.05
  /// The part of the time left that fitting pairs of patches may take.
  private static let patchShare = 0.4

  /// Pairs whose features are patches, which need no training: all of them, or, where there is a time to keep, as many as can be
  /// had in a part of it. A training that is resumed has settled how many, when it began.
  private func fitted(
    _ configuration: CaptionConfiguration, to data: CaptionedPictures, keeping folder: CheckpointFolder?,
    since started: ContinuousClock.Instant
  ) throws -> [Pair] {
    let count = configuration.patchTowers
    guard let seconds, count > 0 else {
      return try (0..<count).compactMap { try fitted($0, configuration, to: data) }
    }
    var pairs: [Pair] = []
    func decide() throws -> Int {
      let clock = ContinuousClock.now
      let most = Self.patchShare * max(0, seconds - started.secondsUntilNow)
      for number in 0..<count {
        // What one took another one takes.
        guard number == 0 || clock.secondsUntilNow * Double(number + 1) / Double(number) <= most,
          let pair = try fitted(number, configuration, to: data, by: clock + .seconds(most))
        else { break }
        pairs.append(pair)
      }
      return pairs.count
    }
    let settled = try folder?.settled("patches", decide) ?? decide()
    if pairs.isEmpty { pairs = try (0..<settled).compactMap { try fitted($0, configuration, to: data) } }
    return pairs
  }

  private func fitted(
    _ number: Int, _ configuration: CaptionConfiguration, to data: CaptionedPictures,
    by deadline: ContinuousClock.Instant? = nil
  ) throws -> Pair? {
    let seed = SeededRandom(seed: configuration.seed).split(98).number(UInt64(number))
    return try CaptionCorrelation.towers(
      on: CaptionPatches.trunk(data, seed: seed), vocabulary: vocabulary(of: data), data: data,
      dimension: configuration.dimension, seed: seed, workers: workers ?? Workers.cores, by: deadline)
  }

  private func vocabulary(of known: CaptionedPictures) throws -> CaptionVocabulary {
    let vocabulary = CaptionVocabulary(
      captions: Set(known.captionsOfPicture.joined()).sorted().map { known.captions[$0] })
    guard vocabulary.count > 0 else {
      throw CaptionError("the captions have no words of letters or digits: describe the pictures in words")
    }
    return vocabulary
  }

  private func learner(
    _ member: Int, of configuration: CaptionConfiguration, on known: CaptionedPictures, validation: CaptionedPictures?
  ) throws -> CaptionLearner {
    var own = configuration
    own.seed = SeededRandom(seed: configuration.seed).number(UInt64(member))
    let start = parent?.towers(member)
    let vocabulary = try vocabulary(of: known)
    return try CaptionLearner(
      known, vocabulary: start?.enlarged(vocabulary) ?? vocabulary, configuration: own, validation: validation,
      views: parent?.model.pictures.views ?? Self.views, start: start, workers: workers ?? Workers.cores)
  }

  private func model(
    _ pairs: [Pair], _ views: [View], _ card: CaptionCard, _ preprocessing: Preprocessing
  ) throws -> CaptionModel {
    try CaptionModel(
      pictures: EmbeddingModel(members: pairs.map(\.pictures), views: views), texts: pairs.map(\.text),
      metadata: Self.metadata(card, preprocessing: preprocessing))
  }

  /// Rows to train on and rows to steer by, no concept in both; none to steer by where they would be fewer than ten.
  private func fold(
    _ concepts: [[Int]], _ configuration: CaptionConfiguration
  ) -> (training: [Int], validation: [Int]) {
    let count = Int((Double(concepts.count) * configuration.validationShare).rounded())
    guard count >= 10 else { return (concepts.joined().sorted(), []) }
    var random = SeededRandom(seed: configuration.seed).split(99)
    let order = random.shuffled(Array(concepts.indices))
    return (
      order.dropFirst(count).flatMap { concepts[$0] }.sorted(), order.prefix(count).flatMap { concepts[$0] }.sorted()
    )
  }

  /// Colour at 64 × 64, all of the picture.
  public static func preprocessing() throws -> Preprocessing {
    try Preprocessing(
      colour: .rgb, width: 64, height: 64, normalization: .meanDeviation(mean: 0.75, deviation: 0.35))
  }

  /// Five places to look from.
  static let views: [View] = [
    .straight, View(magnification: 1.08), View(magnification: 0.92), View(x: 0.04), View(x: -0.04),
  ]

  private static func metadata(_ card: CaptionCard, preprocessing: Preprocessing) throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [
      "kind": CaptionModel.kind,
      "recipe": recipe,
      "metric": "euclidean",
      "card": String(decoding: try encoder.encode(card), as: UTF8.self),
      Preprocessing.metadataKey: String(decoding: try encoder.encode(preprocessing), as: UTF8.self),
    ]
  }
}
