import Foundation
import Likeness
import Networks

/// A sum of words as it is written for a probe: `king - man + woman`.
///
/// Signs stand between spaces, so that hyphens inside words stay what they are; quotes around a word are dropped. Words
/// that follow one another without a sign are added, unless a model's vocabulary has them as a phrase: `new york`.
public struct WordExpression: Sendable, Hashable {
  /// One word and its sign.
  public struct Term: Sendable, Hashable {
    /// The word as written, without quotes.
    public var word: String
    /// Whether it is taken away.
    public var isNegative: Bool
    /// Whether it follows the word before it without a sign.
    public var follows: Bool

    /// Makes a term.
    public init(word: String, isNegative: Bool = false, follows: Bool = false) {
      self.word = word
      self.isNegative = isNegative
      self.follows = follows
    }
  }

  /// The words, in the order written.
  public let terms: [Term]

  /// Reads an expression.
  ///
  /// - Throws: `EmbedderError` where it has no words, or a sign without a word.
  public init(_ text: String) throws {
    var terms: [Term] = []
    var sign: Character?
    for part in text.split(whereSeparator: \.isWhitespace) {
      var part = Substring(part)
      if part == "+" || Self.minuses.contains(String(part)) {
        guard sign == nil else { throw Self.error(text, "has two signs in a row") }
        sign = part == "+" ? "+" : "-"
        continue
      }
      // A sign that is written onto its word: "king -man +woman".
      if let first = part.first, sign == nil, first == "+" || Self.minuses.contains(String(first)) {
        sign = first == "+" ? "+" : "-"
        part = part.dropFirst()
      }
      let word = part.trimmingCharacters(in: Self.quotes)
      guard !word.isEmpty else { throw Self.error(text, "has a sign or quotes without a word") }
      terms.append(Term(word: word, isNegative: sign == "-", follows: sign == nil && !terms.isEmpty))
      sign = nil
    }
    guard sign == nil else { throw Self.error(text, "ends with a sign") }
    guard !terms.isEmpty else { throw Self.error(text, "has no words") }
    guard terms.count <= Self.longest else { throw Self.error(text, "has more than \(Self.longest) words") }
    self.terms = terms
  }

  private static let longest = 1_000
  private static let minuses: Set<String> = ["-", "−", "–"]
  private static let quotes = CharacterSet(charactersIn: "\"'“”‘’«»`")

  private static func error(_ text: String, _ reason: String) -> EmbedderError {
    EmbedderError(input: .text(text), reason: "\(reason): write a word, or a sum such as king - man + woman")
  }
}
