import Foundation
import Networks

/// Trains a model of words on plain text: word2vec, an encoder of gaps, and the principal components to compare with.
///
/// ```swift
/// var trainer = WordTrainer()
/// trainer.settings.dimension = 100
/// let trained = try trainer.train(path: "corpus")           // a text file, or a folder of them
/// try trained.model.encoded().write(to: URL(fileURLWithPath: "words.model"))
/// ```
public struct WordTrainer: LongTraining {
  /// How vectors are trained.
  public var settings = WordSettings()
  /// How the encoder of gaps is trained; nil for none.
  public var gaps: GapSettings? = GapSettings()
  /// Rarer words are taken out of the corpus.
  public var minimumCount = 5
  /// Whether words that stand together much more often than by chance become one.
  public var phrases = false
  /// Whether files of a folder that are not text are left out instead of ending it all.
  public var skipsBroken = false
  /// Threads; nil for one a core.
  public var workers: Int?
  /// A folder to keep checkpoints in while it trains; nil for none.
  public var checkpoints: String?
  /// Whether to go on from the checkpoints that are there.
  public var resumes = false
  /// Seconds to keep, reading included; nil for as many as the steps need.
  public var seconds: Double?
  /// Who may use the model, for the card.
  public var licence: String?

  /// A trainer with the settings by default.
  public init() {}

  /// Trains on a file or on all files of a folder.
  ///
  /// Cut off and resumed it gives the same bytes where ``WordSettings/isDeterministic``; where threads write freely, it goes
  /// on from the last epoch's end, but no two trainings are the same to the bit.
  ///
  /// - Parameter onEvent: hears of every step and epoch, of the vectors (training 0) and of the encoder of gaps (1).
  /// - Throws: ``WordTrainingError``; ``TrainingError`` for a loss that is no number and for checkpoints that cannot be
  ///   written or used; `ModelFileError` where no sound model came out.
  public func train(
    path: String, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> TrainedWords {
    try settings.check()
    guard (1...1_000_000).contains(minimumCount) else {
      throw WordTrainingError.badSetting(name: "--min-count", reason: "is \(minimumCount): choose 1 to 1000000")
    }
    try checkTime()
    let start = ContinuousClock.now
    let claim = try claim()
    defer { withExtendedLifetime(claim) {} }
    let corpus = try WordCorpus(
      path: path, minimumCount: minimumCount, phrases: phrases, skipsBroken: skipsBroken
    ) { onEvent(0, .reading($0, of: $1)) }
    guard settings.dimension < corpus.words.count else {
      throw WordTrainingError.dimensionTooLarge(dimension: settings.dimension, words: corpus.words.count)
    }
    try settings.check(of: corpus.counts)
    return try train(corpus, start: start, onEvent: onEvent)
  }

  private func train(
    _ corpus: WordCorpus, start: ContinuousClock.Instant, onEvent: (Int, TrainingEvent) -> Void
  ) throws -> TrainedWords {
    let workers = workers.map { Workers($0) } ?? Workers()
    let chosen = Chosen(settings: settings, gaps: gaps, minimumCount: minimumCount, phrases: phrases)
    let folder = try checkpointFolder(
      Everything(data: corpus.digest, chosen: chosen, byTime: seconds != nil), since: start, onEvent: onEvent)
    let date = try folder?.date() ?? ModelCard.today
    onEvent(0, .planned(trainings: gaps == nil ? 1 : 2, configuration: chosen))

    let learner = WordVectorLearner(corpus: corpus, settings: settings, workers: workers)
    onEvent(
      0,
      .started(
        parameters: 2 * corpus.words.count * settings.dimension,
        data: "\(corpus.tokenCount) tokens of \(corpus.words.count) different words"))
    let share = left(since: start, 0) * vectorShare
    let vectorLoop = try TrainingLoop.finished(
      learner, clock: TrainingClock(share: share, of: seconds), file: folder?.file(training: 0)
    ) { onEvent(0, $0) }
    guard vectorLoop.epochs.contains(where: { $0.loss > 0 }) else { throw WordTrainingError.noNeighbours }
    try restoring(folder?.file(training: 0)) { try learner.rows.restore(vectorLoop.weights) }
    let before = vectorLoop.clock.before
    let deadline = seconds.map { Deadline(after: $0 * left(since: start, before) * joinShare) }
    let (vectors, joinNote) = try vectors(corpus, learner.rows, workers: workers, keeping: folder, by: deadline)
    var notes = [note(onPasses: vectorLoop.epochs, "the vectors", corpus), joinNote].compactMap { $0 }
    var epochs = vectorLoop.epochs
    var filling: (encoder: GapEncoder, mix: Float)?
    // A training that is resumed has settled it when it began.
    func remains() -> Bool { left(since: start, before) > Self.leastGapShare }
    let hasTime = try gaps == nil || seconds == nil ? true : folder?.settled("gaps", remains) ?? remains()
    if !hasTime { notes.append("the encoder of gaps was left out: there was no time (--minutes) for a step of it") }
    if let gaps, hasTime {
      let learner = GapLearner(
        corpus: corpus, settings: gaps, start: (vectors, settings.dimension), seed: settings.seed, workers: workers)
      onEvent(
        1,
        .started(parameters: corpus.words.count * (gaps.dimension + 1), data: "the gaps of \(corpus.tokenCount) tokens")
      )
      let loop = try TrainingLoop.finished(
        learner, clock: TrainingClock(share: Self.gapShare * left(since: start, before), of: seconds),
        file: folder?.file(training: 1)
      ) { onEvent(1, $0) }
      try restoring(folder?.file(training: 1)) { try learner.restore(loop.weights) }
      // An epoch in which no batch was filled has learned nothing, and its loss is that of nothing.
      let learned = loop.epochs.filter { $0.loss > 0 }
      if learned.isEmpty {
        notes.append("the encoder of gaps was left out: the corpus is too small for a step of it")
      } else {
        filling = try learner.finished()
        if let note = note(onPasses: learned, "the encoder of gaps", corpus) { notes.append(note) }
      }
      epochs += learned
    }
    var card = WordCard(corpus: corpus, trainer: self, epochs: epochs)
    if filling == nil { card.gaps = nil }
    if !notes.isEmpty { card.notes = notes }
    (card.date, card.licence) = (date, licence ?? ModelCard.usualLicenceOfData)
    var metadata = try card.metadata(recipe: "words")
    metadata[WordModel.gapMixKey] = filling.map { "\($0.mix)" }
    let model = try WordModel(
      words: corpus.words, counts: corpus.counts,
      vectors: Tensor(shape: [corpus.words.count, settings.dimension], values: vectors), gaps: filling?.encoder,
      bigrams: filling == nil ? nil : BigramCounts(corpus), metadata: metadata)
    return TrainedWords(
      model: model, card: card, corpus: corpus, epochs: epochs, checkpoints: folder,
      seconds: (folder?.secondsBefore ?? 0) + start.secondsUntilNow)
  }

  /// What was chosen for a training.
  private struct Chosen: Encodable {
    var settings: WordSettings
    var gaps: GapSettings?
    var minimumCount: Int
    var phrases: Bool
  }

  /// All that decides the result.
  private struct Everything: Encodable {
    var recipe = "words"
    var data: String
    var chosen: Chosen
    var byTime: Bool
  }

  /// The share of the time that is left after reading that the vectors have.
  private var vectorShare: Double {
    if gaps != nil { return 0.4 }
    return settings.join == nil ? 1 : 0.75
  }
  /// The share of what is then left in which something can be joined to them.
  private var joinShare: Double { gaps == nil ? 0.9 : 0.35 }
  /// The share of what is then left in which the encoder of gaps takes steps; it is measured in the rest.
  private static let gapShare = 0.9
  /// With a smaller share of the time left it does not begin.
  private static let leastGapShare = 0.05

  /// What is to be said of a stage that time cut off before it had seen all of the corpus.
  private func note(onPasses epochs: [WordEpochRecord], _ what: String, _ corpus: WordCorpus) -> String? {
    guard seconds != nil, let last = epochs.last else { return nil }
    let passes = last.wordsPerSecond * last.seconds / Double(max(1, corpus.tokenCount))
    // What is set aside is no part of a pass.
    guard passes < 0.95 else { return nil }
    let percent = String(format: passes < 0.1 ? "%.1f" : "%.0f", 100 * passes)
    return "\(what) saw \(percent) % of the corpus: there was no time (--minutes) for all of it"
  }

  /// The part of the time that is left, when some of it was used before this run.
  private func left(since start: ContinuousClock.Instant, _ before: Double) -> Double {
    seconds.map { max(0, 1 - (before + start.secondsUntilNow) / $0) } ?? 1
  }

  private func restoring(_ file: CheckpointFile?, _ body: () throws -> Void) throws {
    do { try body() } catch let error as NetworkError {
      throw TrainingError.checkpointUnusable(path: file?.path ?? "", reason: "does not fit (\(error))")
    }
  }
}

/// What a training of words leaves.
public struct TrainedWords: Sendable {
  /// The model.
  public let model: WordModel
  /// What the model says of itself.
  public let card: WordCard
  /// What it was trained on.
  public let corpus: WordCorpus
  /// How each epoch went.
  public let epochs: [WordEpochRecord]
  /// Where its checkpoints are; to be removed once the model is written.
  public let checkpoints: CheckpointFolder?
  /// How long it took, reading included, and what was taken before it was cut off.
  public let seconds: Double

  /// Principal components of the words' neighbourhoods (positive pointwise mutual information, words up to 16 apart), with
  /// as many values as the model: what is printed beside the trained vectors.
  ///
  /// - Throws: `BaselineError` where the corpus is too small for so many directions, or too large for its pairs of words to
  ///   be held in memory.
  public func principalComponents(workers: Workers = Workers()) throws -> WordModel {
    guard corpus.tokenCount <= WordSettings.Join.mostTokens else {
      throw BaselineError(
        "a corpus of \(corpus.tokenCount) words has no principal components here: of \(WordSettings.Join.mostTokens) at most "
          + "the pairs of words are counted")
    }
    var scaled = try corpus.principalComponents(model.dimension, seed: 1, workers: workers)
    // A word without neighbours has no direction; it gets one that is like no other word's.
    for word in 0..<corpus.words.count {
      let row = word * model.dimension..<(word + 1) * model.dimension
      if scaled[row].allSatisfy({ $0 == 0 }) { scaled[row.lowerBound + word % model.dimension] = 1e-6 }
    }
    return try WordModel(
      words: corpus.words, counts: corpus.counts,
      vectors: Tensor(shape: [corpus.words.count, model.dimension], values: scaled),
      metadata: ["recipe": "words-pca"])
  }
}

/// What a model of words says of itself; no path stands in it, and of dates the day the training began.
public struct WordCard: Sendable, Hashable, Codable {
  /// A hash of the corpus's vocabulary and tokens.
  public var corpusDigest: String
  /// Tokens of the corpus, rare words included.
  public var tokens: Int
  /// Words of the vocabulary.
  public var words: Int
  /// The rarest words' count.
  public var minimumCount: Int
  /// Whether phrases were joined.
  public var phrases: Bool
  /// How vectors were trained.
  public var settings: WordSettings
  /// How the encoder of gaps was trained; nil where there is none.
  public var gaps: GapSettings?
  /// The mean loss of each stage's last epoch.
  public var losses: [String: Double]
  /// What was left out of the recipe, as sentences.
  public var notes: [String]?
  /// The day the training began, `2026-01-31`, in UTC.
  public var date: String?
  /// Who may use the model, as far as the card knows.
  public var licence: String?

  enum CodingKeys: String, CodingKey {
    case tokens, words, phrases, settings, gaps, losses, notes, date, licence
    case corpusDigest = "corpus_digest"
    case minimumCount = "minimum_count"
  }

  init(corpus: WordCorpus, trainer: WordTrainer, epochs: [WordEpochRecord]) {
    corpusDigest = corpus.digest
    tokens = corpus.tokensRead
    words = corpus.words.count
    minimumCount = trainer.minimumCount
    phrases = trainer.phrases
    settings = trainer.settings
    gaps = trainer.gaps
    losses = Dictionary(epochs.map { ($0.stage, $0.loss) }) { $1 }
  }

  func metadata(recipe: String) throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ["recipe": recipe, "metric": "cosine", "card": String(decoding: try encoder.encode(self), as: UTF8.self)]
  }
}
