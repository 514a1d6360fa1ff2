import Foundation

/// A gap in a sentence.
public struct Gap: Sendable, Hashable {
  /// Numbers of the sentence's known words; the others are left out, as in training.
  public var sentence: [Int32]
  /// How many of them stand before the gap.
  public var place: Int
  /// The word that was taken out, where it is one of `sentence`: not a part of the gap's surroundings.
  public var hidesWord: Bool

  /// Makes a gap.
  public init(sentence: [Int32], place: Int, hidesWord: Bool = false) {
    (self.sentence, self.place, self.hidesWord) = (sentence, place, hidesWord)
  }
}

/// Ranks a model's words for gaps: by its encoder, and by what stood beside the two neighbours in the corpus, in the
/// proportion that was best on a part of the corpus that neither had seen.
public struct GapRanker: Sendable {
  private let encoder: GapEncoder
  package let bigrams: BigramModel
  private let words: Int
  /// How much the pairs' logarithm counts beside the encoder's.
  private let mix: Float

  /// A model's ranker; nil where it was trained without gaps.
  public init?(_ model: WordModel) {
    guard let encoder = model.gaps, let counts = model.bigrams else { return nil }
    self.init(encoder, BigramModel(counts, words: model.words.count), mix: model.gapMix)
  }

  package init(_ encoder: GapEncoder, _ bigrams: BigramModel, mix: Float) {
    self.encoder = encoder
    self.bigrams = bigrams
    words = encoder.words
    self.mix = mix
  }

  /// Each word's score for each gap: larger fits better.
  public func scores(_ gaps: [Gap], workers: Workers = Workers()) -> [[Float]] {
    let own = encoderScores(gaps, workers: workers)
    if mix == 0 { return own }
    let pairs = pairScores(gaps, workers: workers)
    return zip(own, pairs).map { own, pairs in zip(own, pairs).map { $0 + mix * $1 } }
  }

  /// The encoder's scores alone: logarithms of shares.
  package func encoderScores(_ gaps: [Gap], workers: Workers) -> [[Float]] {
    let contexts = gaps.map { encoder.context($0.sentence, gap: $0.place, skipping: $0.hidesWord ? 1 : 0) }
    let flat = encoder.logShares(contexts, workers: workers)
    return flat.withUnsafeBufferPointer { flat in
      gaps.indices.map { Array(flat[$0 * words..<($0 + 1) * words]) }
    }
  }

  /// The neighbours' scores alone.
  package func pairScores(_ gaps: [Gap], workers: Workers) -> [[Float]] {
    workers.map(gaps) { gap in
      let after = gap.place + (gap.hidesWord ? 1 : 0)
      return bigrams.scores(
        before: gap.place == 0 ? words : Int(gap.sentence[gap.place - 1]),
        after: after < gap.sentence.count ? Int(gap.sentence[after]) : words)
    }
  }
}
