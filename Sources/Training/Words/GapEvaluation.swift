import Foundation
import Networks

/// Sentences whose words are left out one at a time and looked for.
public struct GapEvaluation: Sendable {
  /// How near the top the words stand that were left out.
  public struct Figures: Sendable, Hashable, Codable {
    /// The mean of 1 / rank.
    public var mrr: Double
    /// The share with a rank of at most 10.
    public var hitAt10: Double

    enum CodingKeys: String, CodingKey {
      case mrr
      case hitAt10 = "hit_at_10"
    }
  }

  /// A model's figures and those of the simpler models trained on the same corpus.
  public struct Report: Sendable, Hashable, Codable {
    /// The encoder's.
    public var figures: Figures
    /// Words by how frequent they are.
    public var unigram: Figures
    /// Words by the word before and the word after.
    public var bigram: Figures
    /// Gaps that were asked about.
    public var gaps: Int
    /// Words of the sentences, a phrase counted as one, that are not in the vocabulary, and so were no gaps and are in no
    /// context.
    public var unknown: Int

    enum CodingKeys: String, CodingKey {
      case mrr, unigram, bigram, gaps, unknown
      case hitAt10 = "hit_at_10"
    }

    /// Encodes the encoder's own figures beside the others.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(figures.mrr, forKey: .mrr)
      try container.encode(figures.hitAt10, forKey: .hitAt10)
      try container.encode(unigram, forKey: .unigram)
      try container.encode(bigram, forKey: .bigram)
      try container.encode(gaps, forKey: .gaps)
      try container.encode(unknown, forKey: .unknown)
    }

    /// Decodes what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      figures = Figures(
        mrr: try container.decode(Double.self, forKey: .mrr),
        hitAt10: try container.decode(Double.self, forKey: .hitAt10))
      unigram = try container.decode(Figures.self, forKey: .unigram)
      bigram = try container.decode(Figures.self, forKey: .bigram)
      gaps = try container.decode(Int.self, forKey: .gaps)
      unknown = try container.decode(Int.self, forKey: .unknown)
    }

    init(figures: Figures, unigram: Figures, bigram: Figures, gaps: Int, unknown: Int) {
      (self.figures, self.unigram, self.bigram) = (figures, unigram, bigram)
      (self.gaps, self.unknown) = (gaps, unknown)
    }
  }

  /// The sentences' words.
  public let sentences: [[String]]
  /// More gaps than this are drawn from.
  public var mostGaps = 20_000
  /// The seed of what is drawn.
  public var seed: UInt64 = 0

  /// Reads plain text, a sentence or paragraph a line.
  ///
  /// - Throws: ``WordEvaluation/FileError`` where it has no words.
  public init(_ text: String) throws {
    sentences = text.split(whereSeparator: \.isNewline).map { WordTokenizer.words(in: String($0)) }
      .filter { !$0.isEmpty }
    guard !sentences.isEmpty else {
      throw WordEvaluation.FileError(description: "there are no sentences: write one a line")
    }
  }

  /// Measures a model: every known word of the sentences is a gap once, all words of the vocabulary are answers.
  ///
  /// - Throws: ``WordEvaluation/FileError`` where the model has no encoder of gaps, or knows no word.
  public func evaluate(
    _ model: WordModel, workers: Workers = Workers(), progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Report {
    guard let ranker = GapRanker(model) else {
      throw WordEvaluation.FileError(
        description:
          "the model has no encoder of gaps: train it again without --no-gaps, on more text, or with more time")
    }
    let sentences = sentences.map { model.joined($0) }
    let known = sentences.map { $0.compactMap { model.number(of: $0).map { Int32($0) } } }
    var gaps = known.enumerated().flatMap { sentence, words in words.indices.map { (sentence, $0) } }
    guard !gaps.isEmpty else {
      throw WordEvaluation.FileError(description: "the model knows none of the words: was it trained on this language?")
    }
    if gaps.count > mostGaps {
      var random = SeededRandom(seed: seed)
      for i in 0..<mostGaps { gaps.swapAt(i, i + Int(random.uniform() * Double(gaps.count - i))) }
      gaps.removeSubrange(mostGaps...)
    }
    var ranks: [(own: Int, bigram: Int, unigram: Int)] = []
    for start in stride(from: 0, to: gaps.count, by: Self.block) {
      let block = gaps[start..<min(start + Self.block, gaps.count)].map { sentence, place in
        Gap(sentence: known[sentence], place: place, hidesWord: true)
      }
      let own = ranker.scores(block, workers: workers)
      let pairs = ranker.pairScores(block, workers: workers)
      ranks += workers.map(Array(block.indices)) { row in
        let truth = Int(block[row].sentence[block[row].place])
        return (Self.rank(of: truth, in: own[row]), Self.rank(of: truth, in: pairs[row]), truth + 1)
      }
      progress(min(start + Self.block, gaps.count), gaps.count)
    }
    return Report(
      figures: Self.figures(ranks.map(\.own)), unigram: Self.figures(ranks.map(\.unigram)),
      bigram: Self.figures(ranks.map(\.bigram)), gaps: gaps.count,
      unknown: sentences.reduce(0) { $0 + $1.count } - known.reduce(0) { $0 + $1.count })
  }

  private static let block = 128

  /// 1 for the best; of equals the more frequent word is first.
  static func rank(of truth: Int, in scores: [Float]) -> Int {
    let own = scores[truth]
    var rank = 1
    for (word, score) in scores.enumerated() where score > own || (score == own && word < truth) { rank += 1 }
    return rank
  }

  private static func figures(_ ranks: [Int]) -> Figures {
    Figures(
      mrr: ranks.reduce(0) { $0 + 1 / Double($1) } / Double(ranks.count),
      hitAt10: Double(ranks.count { $0 <= 10 }) / Double(ranks.count))
  }
}
