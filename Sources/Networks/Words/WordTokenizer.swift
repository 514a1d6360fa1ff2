import Foundation

/// Cuts text into words, the same way for a corpus and for a probe.
///
/// A word is a run of letters (Unicode's alphabetic characters and the marks on them), in lower case. Apostrophes between
/// letters belong to it (`don't`; the typographic one becomes the plain one). Everything else separates words: digits,
/// hyphens, underscores, quotes. A line's end is a border that no window reaches across. Bytes that are no UTF-8
/// separate words too; a file with many of them is no text (``TextCheck``). Words of more than 64 bytes are left out, as
/// if they stood in no vocabulary.
///
/// ```swift
/// WordTokenizer.words(in: "The dog's well-known.")   // ["the", "dog's", "well", "known"]
/// ```
public struct WordTokenizer: Sendable {
  /// The longest word, in bytes.
  public static let longestWord = 64

  private var word: [UInt8] = []
  private var apostrophe = false
  /// A character whose bytes are not all there yet, and how many are missing.
  private var scalar: UInt32 = 0
  private var missing = 0
  private var least: UInt32 = 0

  /// A tokenizer at the beginning of a text.
  public init() {}

  /// The words of a text.
  public static func words(in text: String) -> [String] {
    var tokenizer = WordTokenizer()
    var words: [String] = []
    var text = text
    text.withUTF8 { bytes in
      tokenizer.read(bytes) { if let bytes = $0 { words.append(String(decoding: bytes, as: UTF8.self)) } }
      tokenizer.finish { if let bytes = $0 { words.append(String(decoding: bytes, as: UTF8.self)) } }
    }
    return words
  }

  /// Reads the next piece of a text, of any length.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - emit: hears each word in lower case, and nil at a line's end.
  public mutating func read(
    _ bytes: UnsafeBufferPointer<UInt8>, _ emit: (UnsafeBufferPointer<UInt8>?) throws -> Void
  ) rethrows {
    for byte in bytes {
      if byte < 0x80 {
        if missing > 0 {
          missing = 0
          try endWord(emit)
        }
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): append(byte)
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): append(byte | 0x20)
        case UInt8(ascii: "'"): try addApostrophe(emit)
        case UInt8(ascii: "\n"):
          try endWord(emit)
          try emit(nil)
        default: try endWord(emit)
        }
      } else {
        try readWide(byte, emit)
      }
    }
  }

  /// Ends the text.
  public mutating func finish(_ emit: (UnsafeBufferPointer<UInt8>?) throws -> Void) rethrows {
    missing = 0
    try endWord(emit)
    try emit(nil)
  }

  private mutating func append(_ byte: UInt8) {
    if apostrophe {
      word.append(UInt8(ascii: "'"))
      apostrophe = false
    }
    word.append(byte)
  }

  private mutating func addApostrophe(_ emit: (UnsafeBufferPointer<UInt8>?) throws -> Void) rethrows {
    if word.isEmpty || apostrophe { return try endWord(emit) }
    apostrophe = true
  }

  private mutating func endWord(_ emit: (UnsafeBufferPointer<UInt8>?) throws -> Void) rethrows {
    apostrophe = false
    if word.isEmpty { return }
    if word.count <= Self.longestWord { try word.withUnsafeBufferPointer { try emit($0) } }
    word.removeAll(keepingCapacity: true)
  }

  private mutating func readWide(_ byte: UInt8, _ emit: (UnsafeBufferPointer<UInt8>?) throws -> Void) rethrows {
    if missing > 0, byte & 0xC0 == 0x80 {
      scalar = scalar << 6 | UInt32(byte & 0x3F)
      missing -= 1
      guard missing == 0 else { return }
      guard scalar >= least, let character = Unicode.Scalar(scalar) else { return try endWord(emit) }
      return try readCharacter(character, emit)
    }
    if missing > 0 { try endWord(emit) }
    switch byte {
    case 0xC2...0xDF: (scalar, missing, least) = (UInt32(byte & 0x1F), 1, 0x80)
    case 0xE0...0xEF: (scalar, missing, least) = (UInt32(byte & 0x0F), 2, 0x800)
    case 0xF0...0xF4: (scalar, missing, least) = (UInt32(byte & 0x07), 3, 0x10000)
    default:
      missing = 0
      try endWord(emit)
    }
  }

  private mutating func readCharacter(
    _ character: Unicode.Scalar, _ emit: (UnsafeBufferPointer<UInt8>?) throws -> Void
  ) rethrows {
    if character == "\u{2019}" || character == "\u{02BC}" { return try addApostrophe(emit) }
    let properties = character.properties
    let isMark =
      switch properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: !word.isEmpty
      default: false
      }
    guard properties.isAlphabetic || isMark else { return try endWord(emit) }
    for byte in properties.lowercaseMapping.utf8 { append(byte) }
  }
}
