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
public struct WordTrainer: Sendable {
  /// How vectors are trained.
  public var settings = WordSettings()
  /// How the encoder of gaps is trained; nil for none.
  public var gaps: GapSettings? = GapSettings()
  /// Rarer words are taken out of the corpus.
  public var minimumCount = 5
  /// Whether words that stand together much more often than by chance become one.
  public var phrases = false
  /// Threads; nil for one a core.
  public var workers: Int?
  /// Minutes that the training may take; nil for as long as the epochs take. What is left undone then depends on the
  /// machine, and the model with it.
  public var minutes: Double?

  /// A trainer with the settings by default.
  public init() {}

  /// Trains on a file or on all files of a folder.
  ///
  /// - Throws: ``WordTrainingError``; `ModelFileError` where no sound model came out.
  public func train(path: String, onEvent: (WordTrainingEvent) -> Void = { _ in }) throws -> TrainedWords {
    try settings.check()
    guard (1...1_000_000).contains(minimumCount) else {
      throw WordTrainingError.badSetting(name: "--min-count", reason: "is \(minimumCount): choose 1 to 1000000")
    }
    if let minutes, !(minutes > 0 && minutes.isFinite) {
      throw WordTrainingError.badSetting(name: "--minutes", reason: "is \(minutes): choose a number above 0")
    }
    let start = ContinuousClock.now
    let corpus = try WordCorpus(path: path, minimumCount: minimumCount, phrases: phrases) {
      onEvent(.reading($0, of: $1))
    }
    guard settings.dimension < corpus.words.count else {
      throw WordTrainingError.dimensionTooLarge(dimension: settings.dimension, words: corpus.words.count)
    }
    onEvent(.corpus(words: corpus.words.count, tokens: corpus.tokenCount))
    return try withoutActuallyEscaping(onEvent) { onEvent in
      try train(corpus, start: start, onEvent: onEvent)
    }
  }

  private func train(
    _ corpus: WordCorpus, start: ContinuousClock.Instant, onEvent: @escaping (WordTrainingEvent) -> Void
  ) throws -> TrainedWords {
    let workers = workers.map { Workers($0) } ?? Workers()
    let seconds = minutes.map { max(1, $0 * 60 - Self.seconds(since: start)) }
    var epochs: [WordEpochRecord] = []
    func hear(_ event: WordTrainingEvent) {
      if case .epoch(let record) = event { epochs.append(record) }
      onEvent(event)
    }
    return try withoutActuallyEscaping(hear) { hear in
      let vectors = try vectors(
        corpus, workers: workers, seconds: seconds.map { gaps == nil ? $0 : $0 * Self.vectorShare }, onEvent: hear)
      let filling = try gaps.map { gaps in
        try GapRun(
          corpus: corpus, settings: gaps, start: (vectors, settings.dimension), seed: settings.seed, workers: workers,
          seconds: seconds.map { $0 * (1 - Self.vectorShare) }, onEvent: hear
        ).train()
      }
      let card = WordCard(corpus: corpus, trainer: self, epochs: epochs)
      var metadata = try card.metadata(recipe: "words")
      metadata[WordModel.gapMixKey] = filling.map { "\($0.mix)" }
      let model = try WordModel(
        words: corpus.words, counts: corpus.counts,
        vectors: Tensor(shape: [corpus.words.count, settings.dimension], values: vectors), gaps: filling?.encoder,
        bigrams: filling == nil ? nil : BigramCounts(corpus), metadata: metadata)
      return TrainedWords(
        model: model, card: card, corpus: corpus, epochs: epochs, seconds: Self.seconds(since: start))
    }
  }

  /// The share of a given time that the vectors have.
  private static let vectorShare = 0.4

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let time = (ContinuousClock.now - start).components
    return Double(time.seconds) + Double(time.attoseconds) / 1e18
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
  /// How long it took, reading included.
  public let seconds: Double

  /// Principal components of the words' neighbourhoods (positive pointwise mutual information, words up to 16 apart), with
  /// as many values as the model: what is printed beside the trained vectors.
  ///
  /// - Throws: `BaselineError` where the corpus is too small for so many directions.
  public func principalComponents(workers: Workers = Workers()) throws -> WordModel {
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

/// What a model of words says of how it came to be. No date and no path: the same training gives the same bytes.
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

  enum CodingKeys: String, CodingKey {
    case tokens, words, phrases, settings, gaps, losses
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
