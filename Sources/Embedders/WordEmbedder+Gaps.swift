import Foundation
import Likeness
import Networks

extension WordEmbedder {
  /// A word for a gap.
  public struct Filling: Sendable, Hashable {
    /// The word.
    public var word: String
    /// Its share among all words, 0 to 1, as the encoder estimates it.
    public var share: Float

    /// Makes a filling.
    public init(word: String, share: Float) {
      self.word = word
      self.share = share
    }
  }

  /// What could stand in the gap of a sentence, best first.
  ///
  /// - Parameters:
  ///   - sentence: plain text with one gap, written as two or more underscores.
  ///   - count: how many words.
  ///   - limit: only the so many most frequent words; nil for all.
  /// - Throws: `EmbedderError` where there is no gap or more than one, or the model has no encoder of gaps.
  public func fill(_ sentence: String, count: Int, limit: Int? = nil) throws -> [Filling] {
    guard let ranker = GapRanker(model) else {
      throw EmbedderError(
        input: .text(sentence),
        reason: "the model has no encoder of gaps: train it again without --no-gaps, on more text, or with more time")
    }
    let sides = Self.sides(sentence)
    guard sides.count == 2 else {
      throw EmbedderError(
        input: .text(sentence),
        reason: sides.count < 2
          ? "has no gap: write it ______" : "has \(sides.count - 1) gaps: ask for one at a time")
    }
    let (left, right) = (model.numbers(in: sides[0]), model.numbers(in: sides[1]))
    let scores = ranker.scores([Gap(sentence: (left + right).map { Int32($0) }, place: left.count)])[0]
    let most = scores.max() ?? 0
    let sum = scores.reduce(0.0) { $0 + Double(exp($1 - most)) }
    let best = scores.indices.prefix(limit ?? scores.count).sorted { scores[$0] > scores[$1] }.prefix(count)
    return best.map { Filling(word: model.words[$0], share: Float(Double(exp(scores[$0] - most)) / sum)) }
  }

  /// The pieces of a sentence between runs of two or more underscores.
  private static func sides(_ sentence: String) -> [String] {
    var (sides, run) = ([""], 0)
    for character in sentence {
      if character == "_" {
        run += 1
        continue
      }
      if run >= 2 { sides.append("") }
      // One alone joins the words of a phrase.
      if run == 1 { sides[sides.count - 1].append("_") }
      run = 0
      sides[sides.count - 1].append(character)
    }
    if run >= 2 { sides.append("") }
    return sides
  }
}
