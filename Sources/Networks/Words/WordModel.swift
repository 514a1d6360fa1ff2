import Foundation

/// Words and their vectors, and the encoder of gaps that was trained beside them: what a model file of words holds.
///
/// ```swift
/// let model = try WordModel(Data(contentsOf: URL(fileURLWithPath: "words.model")))
/// let king = model.vector(of: "king")                       // nil for a word it does not know
/// ```
public struct WordModel: Sendable {
  /// The kind of input, as the file's metadata says it.
  public static let kind = "word"

  /// The words, most frequent first.
  public let words: [String]
  /// How often each word occurred in the corpus.
  public let counts: [Int]
  /// `[words, dimension]`, each row of length 1.
  public let vectors: Tensor
  /// What ranks words for a gap; nil where none was trained.
  public let gaps: GapEncoder?
  /// Pairs of neighbouring words, for the models that gaps are measured against; nil where they were not counted.
  public let bigrams: BigramCounts?
  /// What else the file says: the recipe, the model card.
  public let metadata: [String: String]

  private let numbers: [String: Int]
  /// Whether words were joined to phrases: in no other word is an underscore.
  let hasPhrases: Bool

  /// The metadata key of ``gapMix``.
  package static let gapMixKey = "gaps.mix"
  /// How much neighbouring pairs count beside the encoder of gaps.
  var gapMix: Float { metadata[Self.gapMixKey].flatMap { Float($0) }.flatMap { $0.isFinite ? $0 : nil } ?? 0 }

  /// The number of values a vector.
  public var dimension: Int { vectors.shape[1] }

  /// Joins words and their vectors.
  ///
  /// - Parameters:
  ///   - words: most frequent first, each once.
  ///   - counts: one a word.
  ///   - vectors: `[words, dimension]`; rows are scaled to length 1.
  ///   - gaps: an encoder over the same words.
  ///   - bigrams: counts over the same words and the border.
  ///   - metadata: strings for the file.
  /// - Throws: ``ModelFileError`` where they do not fit together, a word stands twice, or a vector is zero or not
  ///   finite.
  public init(
    words: [String], counts: [Int], vectors: Tensor, gaps: GapEncoder? = nil, bigrams: BigramCounts? = nil,
    metadata: [String: String] = [:]
  ) throws {
    guard vectors.shape.count == 2, vectors.shape[0] == words.count, counts.count == words.count, !words.isEmpty,
      vectors.shape[1] >= 1
    else {
      throw ModelFileError(
        "\(words.count) words, \(counts.count) counts and vectors of shape \(vectors.shape) do not belong together")
    }
    var numbers: [String: Int] = [:]
    numbers.reserveCapacity(words.count)
    for (number, word) in words.enumerated() {
      guard !word.isEmpty, numbers.updateValue(number, forKey: word) == nil else {
        throw ModelFileError("the word \"\(word.prefix(80))\" stands twice in the vocabulary, or is empty")
      }
    }
    if let gaps, gaps.words != words.count {
      throw ModelFileError("the encoder of gaps knows \(gaps.words) words, the vocabulary has \(words.count)")
    }
    self.words = words
    self.counts = counts
    self.vectors = try Self.unitRows(vectors, words: words)
    if let bigrams, bigrams.start.count != words.count + 2 {
      throw ModelFileError("the counts of pairs are not those of \(words.count) words")
    }
    self.gaps = gaps
    self.bigrams = bigrams
    self.metadata = metadata
    self.numbers = numbers
    hasPhrases = words.contains { $0.utf8.contains(UInt8(ascii: "_")) }
  }

  /// A word's place in the vocabulary; nil where it is not in it. Upper and lower case are the same.
  public func number(of word: String) -> Int? {
    if let number = numbers[word] { return number }
    return numbers[word.lowercased()]
  }

  /// A word's vector, of length 1; nil where it is not in the vocabulary.
  public func vector(of word: String) -> [Float]? { number(of: word).map { vector($0) } }

  /// The vector of a word by its place.
  public func vector(_ number: Int) -> [Float] {
    vectors.withUnsafeBufferPointer { Array($0[number * dimension..<(number + 1) * dimension]) }
  }

  private static func unitRows(_ vectors: Tensor, words: [String]) throws -> Tensor {
    var vectors = vectors
    let dimension = vectors.shape[1]
    let bad = vectors.withUnsafeMutableBufferPointer { values -> Int? in
      for row in words.indices {
        let range = row * dimension..<(row + 1) * dimension
        let length = range.reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) }.squareRoot()
        guard length > 0, length.isFinite else { return row }
        // What is of length 1 already stays as it is, bit for bit.
        if abs(length - 1) < 1e-6 { continue }
        for i in range { values[i] = Float(Double(values[i]) / length) }
      }
      return nil
    }
    if let bad {
      throw ModelFileError("the vector of \"\(words[bad].prefix(80))\" is zero or no finite number: train again")
    }
    return vectors
  }
}
