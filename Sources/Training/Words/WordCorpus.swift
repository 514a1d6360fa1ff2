import Foundation
import Networks

/// A corpus as numbers: its vocabulary, most frequent word first, and every token of it.
///
/// The text is read once, in pieces. Tokens lie in a nameless temporary file, 4 bytes each, that is mapped; memory grows
/// with the number of different words alone. Words that occur less than `minimumCount` times are taken out as if they
/// had not been there.
public struct WordCorpus: Sendable {
  /// A vocabulary of fewer words is refused.
  static let fewestWords = 2

  /// The words, most frequent first, equal ones in the order of their bytes.
  public let words: [String]
  /// How often each word occurs.
  public let counts: [Int]
  /// Tokens of the corpus before rare words were taken out.
  public let tokensRead: Int
  /// Lower-case hexadecimal FNV-1a hash of vocabulary and tokens: equal corpora have equal ones.
  public let digest: String
  /// Files that are not text or cannot be read, where that was allowed.
  public let skipped: [LabelledInputs.Skipped]

  private let file: TokenFile

  /// Tokens that are words of the vocabulary.
  public var tokenCount: Int { counts.reduce(0, +) }

  /// Numbers of words; -1 is a border.
  func withTokens<Result>(_ body: (UnsafeBufferPointer<Int32>) throws -> Result) throws -> Result {
    let tokens = try file.tokens()
    return try withExtendedLifetime(file) { try body(UnsafeBufferPointer(tokens)) }
  }

  /// Reads a file, or all files of a folder and the folders in it, in the order of their names, hidden ones left out.
  ///
  /// - Parameters:
  ///   - path: plain text in UTF-8, cut into words by ``WordTokenizer``.
  ///   - minimumCount: rarer words are taken out.
  ///   - phrases: whether words that stand together much more often than by chance become one, joined by `_`.
  ///   - skipsBroken: whether files of a folder that are not text (``TextCheck``), or cannot be read, are left out.
  ///   - progress: hears how many of how many bytes were read.
  /// - Throws: ``WordTrainingError``.
  public init(
    path: String, minimumCount: Int = 5, phrases: Bool = false, skipsBroken: Bool = false,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    var table = WordTable()
    let file = try TokenFile()
    let (files, skipped) = try CorpusFiles.texts(at: path, skipsBroken: skipsBroken)
    let total = files.reduce(0) { $0 + $1.size }
    var (read, tokens) = (0, 0)
    for source in files {
      try Self.read(source.path, into: &table, file: file, tokens: &tokens) { bytes in
        read += bytes
        progress(read, total)
      }
    }
    guard tokens > 0 else { throw WordTrainingError.emptyCorpus(path: path) }
    var stream = try file.tokens()
    if phrases {
      let joined = try Phrases.join(stream, words: &table, minimumCount: minimumCount)
      stream = UnsafeMutableBufferPointer(rebasing: stream[..<joined])
    }
    let bytes = table
    let kept = (0..<bytes.count).filter { bytes.counts[$0] >= max(1, minimumCount) }.sorted {
      bytes.counts[$0] != bytes.counts[$1]
        ? bytes.counts[$0] > bytes.counts[$1] : bytes.bytes($0).lexicographicallyPrecedes(bytes.bytes($1))
    }
    guard kept.count >= Self.fewestWords else {
      throw WordTrainingError.tooFewWords(usable: kept.count, distinct: bytes.count, minimumCount: minimumCount)
    }
    var number = [Int32](repeating: -2, count: bytes.count)
    for (new, old) in kept.enumerated() { number[old] = Int32(new) }
    Self.renumber(stream, of: try file.tokens(), to: number)
    words = kept.map { String(decoding: bytes.bytes($0), as: UTF8.self) }
    counts = kept.map { bytes.counts[$0] }
    tokensRead = tokens
    digest = Self.digest(words: words, tokens: try file.tokens())
    self.skipped = skipped
    self.file = file
  }

  /// Replaces numbers in place. What is left over at the end becomes borders.
  private static func renumber(
    _ stream: UnsafeMutableBufferPointer<Int32>, of all: UnsafeMutableBufferPointer<Int32>, to number: [Int32]
  ) {
    var end = 0
    for old in stream {
      let new = old < 0 ? -1 : number[Int(old)]
      // Rare words go; borders that follow one another become one.
      if new == -2 || (new == -1 && (end == 0 || all[end - 1] == -1)) { continue }
      all[end] = new
      end += 1
    }
    for place in end..<all.count { all[place] = -1 }
  }

  private static func digest(words: [String], tokens: UnsafeMutableBufferPointer<Int32>) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for word in words {
      for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 10) &* 0x100_0000_01B3
    }
    for token in tokens { hash = (hash ^ UInt64(UInt32(bitPattern: token))) &* 0x100_0000_01B3 }
    return String(repeating: "0", count: 16 - String(hash, radix: 16).count) + String(hash, radix: 16)
  }

  private static func read(
    _ path: String, into table: inout WordTable, file: TokenFile, tokens: inout Int, progress: (Int) -> Void
  ) throws {
    var tokenizer = WordTokenizer()
    func take(_ word: UnsafeBufferPointer<UInt8>?) throws {
      guard let word else { return try file.append(-1) }
      guard let id = Self.number(word, in: &table) else { throw WordTrainingError.tooManyWords }
      tokens += 1
      try file.append(id)
    }
    try CorpusFiles.readPieces(of: path) { piece in
      try tokenizer.read(piece, take)
      progress(piece.count)
    }
    try tokenizer.finish(take)
  }

  /// Words beyond ASCII are counted in their composed form, so that both spellings of é are one.
  private static func number(_ word: UnsafeBufferPointer<UInt8>, in table: inout WordTable) -> Int32? {
    if word.allSatisfy({ $0 < 0x80 }) { return table.add(word) }
    var composed = String(decoding: word, as: UTF8.self).precomposedStringWithCanonicalMapping
    return composed.withUTF8 { table.add($0) }
  }
}
