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
/// The same data, configuration and seed give the same bytes on any number of workers, unless a time limit ends it.
public struct CaptionTrainer: Sendable {
  /// The recipe's name in model files.
  public static let recipe = "captions"

  /// How the towers are trained.
  public var configuration = CaptionConfiguration()
  /// The longest it may take, in minutes; the schedule is run through faster where that is shorter.
  public var minutes: Double?
  /// Whether pictures and lines that cannot be read are left out instead of ending it all.
  public var skipsBroken = false
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// A trainer that takes everything from the recipe.
  public init() {}

  /// Reads a list's pictures and trains on them.
  ///
  /// - Parameters:
  ///   - sheet: the pictures and their captions.
  ///   - onEvent: hears of every step and epoch, and of which pair of towers (counted from 0).
  /// - Throws: ``CaptionError`` for pictures that cannot be read and too few of them, ``TrainingError`` for settings out
  ///   of range and a loss that is no number.
  public func train(
    _ sheet: CaptionSheet, onEvent: (Int, CaptionEvent) -> Void = { _, _ in }
  ) throws -> TrainedCaptions {
    try train(
      CaptionedPictures(sheet, preprocessing: Self.preprocessing(), skipsBroken: skipsBroken), onEvent: onEvent)
  }

  /// Trains on pictures in memory.
  ///
  /// - Throws: as ``train(_:onEvent:)-(CaptionSheet,_)``.
  public func train(
    _ data: CaptionedPictures, onEvent: (Int, CaptionEvent) -> Void = { _, _ in }
  ) throws -> TrainedCaptions {
    try configuration.validate()
    if let minutes, !(minutes > 0 && minutes.isFinite) {
      throw TrainingError.badSetting(name: "minutes", reason: "must be a number above 0")
    }
    let started = ContinuousClock.now
    let concepts = data.concepts
    guard concepts.count >= 2 else {
      throw CaptionError("all pictures have the same captions: there is nothing to tell apart; add others")
    }
    let fold = fold(concepts)
    var runs: [CaptionRun.Result] = []
    for member in 0..<configuration.members {
      // The first is steered by concepts it never sees; the others learn from all of them.
      let isScout = member == 0 && !fold.validation.isEmpty
      let known = isScout ? data.rows(fold.training) : data
      var own = configuration
      own.seed = SeededRandom(seed: configuration.seed).number(UInt64(member))
      let left = minutes.map {
        ($0 * 60 - started.secondsUntilNow) / Double(configuration.members - member)
      }
      let vocabulary = CaptionVocabulary(
        captions: Set(known.captionsOfPicture.joined()).sorted().map { known.captions[$0] })
      guard vocabulary.count > 0 else {
        throw CaptionError("the captions have no words of letters or digits: describe the pictures in words")
      }
      var run = try CaptionRun(
        known, vocabulary: vocabulary, configuration: own, validation: isScout ? data.rows(fold.validation) : nil,
        views: Self.views, seconds: left, workers: workers ?? Workers.cores)
      runs.append(try run.finish { onEvent(member, $0) })
    }
    let card = CaptionCard(
      recipe: Self.recipe, pictures: data.count, captions: data.captions.count, concepts: concepts.count,
      configuration: configuration, bestEpochs: runs.map { $0.epochs[$0.bestEpoch] })
    let model = try CaptionModel(
      pictures: EmbeddingModel(members: runs.map(\.pictures), views: Self.views), texts: runs.map(\.text),
      metadata: Self.metadata(card, preprocessing: data.preprocessing))
    return TrainedCaptions(
      model: model, card: card, epochs: runs.map(\.epochs), training: data.rows(fold.training),
      validation: fold.validation.isEmpty ? nil : data.rows(fold.validation),
      scout: fold.validation.isEmpty
        ? nil
        : try CaptionModel(
          pictures: EmbeddingModel(members: [runs[0].pictures], views: Self.views), texts: [runs[0].text]),
      skipped: data.skipped, seconds: started.secondsUntilNow)
  }

  /// Rows to train on and rows to steer by, no concept in both; none to steer by where they would be fewer than ten.
  private func fold(_ concepts: [[Int]]) -> (training: [Int], validation: [Int]) {
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

/// What a model of captions says of how it came to be. It holds no date and no path: the same training gives the same
/// bytes.
public struct CaptionCard: Sendable, Codable, Hashable {
  /// The recipe.
  public var recipe: String
  /// Pictures in the data, those to steer by included.
  public var pictures: Int
  /// Captions that differ.
  public var captions: Int
  /// Sets of pictures with the same captions.
  public var concepts: Int
  /// How each pair of towers was trained.
  public var configuration: CaptionConfiguration
  /// The epoch whose weights were kept, for each pair; without its seconds, which are chance.
  public var bestEpochs: [CaptionEpoch]

  init(
    recipe: String, pictures: Int, captions: Int, concepts: Int, configuration: CaptionConfiguration,
    bestEpochs: [CaptionEpoch]
  ) {
    self.recipe = recipe
    self.pictures = pictures
    self.captions = captions
    self.concepts = concepts
    self.configuration = configuration
    self.bestEpochs = bestEpochs.map { epoch in
      var epoch = epoch
      epoch.seconds = 0
      return epoch
    }
  }
}

/// What a training of two towers leaves: the model, and what was seen on the way.
public struct TrainedCaptions: Sendable {
  /// The model.
  public let model: CaptionModel
  /// What the model says of itself.
  public let card: CaptionCard
  /// How each pair's training went.
  public let epochs: [[CaptionEpoch]]
  let training: CaptionedPictures
  let validation: CaptionedPictures?
  let scout: CaptionModel?
  /// Pictures that were left out.
  public let skipped: [LabelledInputs.Skipped]
  /// How long it took, in seconds.
  public let seconds: Double

  /// The bytes of the model file.
  public func file() throws -> Data { try model.encoded() }
}
