import Foundation

extension WordModel {
  private enum Key {
    static let format = "likeness.format"
    static let formatValue = "word model 1"
    static let kind = "kind"
    static let words = "words"
    static let counts = "counts"
    static let vectors = "vectors"
    static let bigrams = "gaps.bigrams"
  }

  /// The model as a safetensors file: `vectors` [words, dimension], `counts` [words], `words` (a word a line, UTF-8 bytes),
  /// and the encoder's tensors. The same model always gives the same bytes.
  ///
  /// - Throws: ``ModelFileError`` where the header would be too long to be read back.
  public func encoded() throws -> Data {
    var metadata = self.metadata
    metadata[Key.format] = Key.formatValue
    metadata[Key.kind] = Self.kind
    var tensors = [
      Key.vectors: vectors, Key.counts: Tensor(shape: [counts.count], values: counts.map { Float($0) }),
    ]
    if let gaps { tensors.merge(gaps.tensors) { first, _ in first } }
    var bytes = [Key.words: Array(words.joined(separator: "\n").utf8)]
    if let bigrams { bytes[Key.bigrams] = bigrams.encoded() }
    return try SafeTensors(tensors: tensors, bytes: bytes, metadata: metadata).encoded()
  }

  /// Reads a model file's bytes.
  ///
  /// - Throws: ``ModelFileError`` where they are not a sound model of words.
  public init(_ data: Data) throws {
    let file = try SafeTensors(data)
    guard file.metadata[Key.format] == Key.formatValue else {
      throw ModelFileError("the file is no model of words, or a newer one: make one with 'likeness train words'")
    }
    guard let bytes = file.bytes[Key.words], let text = String(validating: bytes, as: UTF8.self),
      let counts = file.tensors[Key.counts], let vectors = file.tensors[Key.vectors]
    else { throw ModelFileError("the file lacks words, counts or vectors: train the model again") }
    let words = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // Beyond 2^53 a count is no exact number any more, and NaN would trap.
    guard counts.values.allSatisfy({ $0 >= 0 && $0 < 0x1p53 }) else {
      throw ModelFileError("the file has counts that are no counts: train the model again")
    }
    var metadata = file.metadata
    for key in [Key.format, Key.kind] { metadata[key] = nil }
    try self.init(
      words: words, counts: counts.values.map { Int($0) }, vectors: vectors,
      gaps: try GapEncoder(file.tensors, words: words.count),
      bigrams: try file.bytes[Key.bigrams].map { try BigramCounts($0, words: words.count) }, metadata: metadata)
  }
}
