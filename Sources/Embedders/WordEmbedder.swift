import Foundation
import Likeness
import Networks

/// An embedder of words, and of sums of words.
///
/// ```swift
/// let embedder = try WordEmbedder(modelAt: "words.model")
/// let vector = try embedder.embed(.text("king - man + woman"))
/// let fitting = try embedder.fill("The ______ slept on the rug", count: 5)   // words and their shares
/// ```
///
/// A sum adds the unit vectors of its words, and the metric is cosine: 3CosAdd of Mikolov, Yih & Zweig (2013).
public struct WordEmbedder: ModelEmbedder {
  /// The kind of input, as a gallery's `embedder` row says it.
  public static let kind = WordModel.kind

  /// The embedder's identity, with the model file's bytes and hash.
  public let specification: EmbedderSpecification
  /// The words and their vectors.
  public let model: WordModel

  /// Reads a model from the bytes of its file.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  public init(model bytes: Data, name: String = "model") throws {
    do {
      model = try WordModel(bytes)
    } catch {
      throw ModelError(model: name, reason: "\(error)")
    }
    specification = EmbedderSpecification(
      kind: Self.kind, recipe: "words", dimension: model.dimension, metric: .cosine, metadata: model.metadata,
      model: bytes)
  }

  /// Embeds words and sums of words.
  ///
  /// - Throws: `EmbedderError` for a word that is not in the vocabulary, naming the nearest spelling.
  public func embed(_ inputs: [EmbedderInput]) throws -> [[Float]] {
    try inputs.map { input in
      guard case .text(let text) = input else {
        throw EmbedderError(input: input, reason: "this embedder takes words, not files")
      }
      return try vector(of: WordExpression(text), text: text)
    }
  }

  /// The numbers of an expression's words in the vocabulary; words that are a phrase of it, such as `new york`, have one.
  ///
  /// - Throws: `EmbedderError` for a word that is not in it.
  public func numbers(of expression: WordExpression) throws -> [Int] {
    try joined(expression.terms).map { try number(of: $0.word) }
  }

  /// Joins words that no sign stands between and that the vocabulary holds as a phrase.
  private func joined(_ terms: [WordExpression.Term]) -> [WordExpression.Term] {
    var joined: [WordExpression.Term] = []
    var isPhrase = false
    for term in terms {
      if term.follows, !isPhrase, let before = joined.last,
        let phrase = model.number(ofTerm: before.word + " " + term.word)
      {
        joined[joined.count - 1].word = model.words[phrase]
        isPhrase = true
      } else {
        joined.append(term)
        isPhrase = false
      }
    }
    return joined
  }

  /// The place of a word in the vocabulary.
  private func number(of word: String) throws -> Int {
    if let number = model.number(ofTerm: word) { return number }
    // As the corpus was read: "Dog’s" is "dog's" there.
    let parts = WordTokenizer.words(in: word)
    if parts.count == 1, let number = model.number(of: parts[0]) { return number }
    let nearest = model.nearestSpelling(to: word).map { ": did you mean \"\($0)\"?" } ?? ""
    // `king-man+woman` is one word as it stands.
    let isSum = word.dropFirst().contains { "+-".contains($0) }
    throw EmbedderError(
      input: .text(word),
      reason: "is not among the model's \(model.words.count) words"
        + (isSum ? "; a sum is written with spaces: 'king - man + woman'" : nearest))
  }

  private func vector(of expression: WordExpression, text: String) throws -> [Float] {
    var sum = [Float](repeating: 0, count: model.dimension)
    for term in joined(expression.terms) {
      let number = try number(of: term.word)
      for (i, value) in model.vector(number).enumerated() { sum[i] += term.isNegative ? -value : value }
    }
    guard sum.contains(where: { abs($0) > 1e-6 }) else {
      throw EmbedderError(input: .text(text), reason: "adds up to nothing: its words take one another away")
    }
    return sum
  }
}
