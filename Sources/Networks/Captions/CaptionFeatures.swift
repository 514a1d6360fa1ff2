import Foundation

/// What a text tower sees of a sentence: its words, and the pieces of 3 to 5 characters that each word is made of.
///
/// Lower case without accents; everything that is no letter or digit divides words. Pieces are cut from `<word>`, so that
/// beginnings and ends tell. A feature is known by a hash of 48 bits: no list of strings need be kept, and a collision
/// among a million is a chance of one in five hundred.
public enum CaptionFeatures {
  /// One word: the hash of it whole, and of its pieces, without repetition.
  public struct Word: Sendable, Hashable {
    /// The word's own hash.
    public let whole: UInt64
    /// The hashes of its pieces.
    public let pieces: [UInt64]

    /// The same word as if it had never been seen whole.
    public var inPieces: Word { Word(whole: .max, pieces: pieces) }
  }

  /// More words than these are not looked at.
  public static let mostWords = 256
  /// Longer words are cut.
  static let longestWord = 48

  /// The words of a sentence in order, lower case, without accents.
  public static func words(_ text: String) -> [String] {
    let folded = text.prefix(16_384).decomposedStringWithCompatibilityMapping.lowercased()
    var words: [String] = []
    var word = String.UnicodeScalarView()
    func end() {
      if !word.isEmpty { words.append(String(word)) }
      word = String.UnicodeScalarView()
    }
    for scalar in folded.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark: continue
      case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .spacingMark, .letterNumber, .otherNumber:
        if word.count < longestWord { word.append(scalar) }
      default: end()
      }
      if words.count == mostWords { return words }
    }
    end()
    return Array(words.prefix(mostWords))
  }

  /// The features of a sentence, a word each, every word once.
  public static func features(_ text: String) -> [Word] {
    var seen: Set<String> = []
    return words(text).filter { seen.insert($0).inserted }.map(features(ofWord:))
  }

  /// The features of one word as ``words(_:)`` gives it.
  public static func features(ofWord word: String) -> Word {
    let bordered = Array("<\(word)>".unicodeScalars.map(\.value))
    var pieces: [UInt64] = []
    var seen: Set<UInt64> = []
    for length in 3...5 where length < bordered.count {
      for start in 0...(bordered.count - length) {
        let hash = hash(bordered[start..<start + length], kind: 1)
        if seen.insert(hash).inserted { pieces.append(hash) }
      }
    }
    return Word(whole: hash(bordered[...], kind: 0), pieces: pieces)
  }

  /// FNV-1a over the scalars, mixed, the upper 48 bits.
  private static func hash(_ scalars: ArraySlice<UInt32>, kind: UInt64) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ kind
    for scalar in scalars {
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        hash = (hash ^ UInt64((scalar >> shift) & 0xFF)) &* 0x100_0000_01b3
      }
    }
    return SeededRandom.mix(hash, kind) >> 16
  }
}
