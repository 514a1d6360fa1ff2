/// Whether bytes are text in UTF-8, as far as a corpus needs: not a NUL among them, and of a thousand bytes at most one
/// that belongs to no character.
///
/// A few broken bytes are found in any large collection and separate words. Text in Latin-1 has more of them, unless it is
/// English with a name here and there; pictures, programs, archives and UTF-16 have NULs, or far more.
///
/// ```swift
/// var check = TextCheck()
/// bytes.withUnsafeBufferPointer { check.read($0) }        // piece after piece, of any length
/// check.finish()                                          // nil for text, else what it is instead
/// ```
public struct TextCheck: Sendable {
  /// Of so many bytes one may be broken.
  public static let tolerated = 1_000

  private var count = 0
  private var broken = 0
  private var hasNUL = false
  /// Bytes of a character that is not whole yet, how many are missing, and what the next may be.
  private var begun = 0
  private var missing = 0
  private var next: ClosedRange<UInt8> = 0x80...0xBF

  /// A check at the beginning of a file.
  public init() {}

  /// Reads the next piece, of any length.
  public mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) {
    count += bytes.count
    for byte in bytes {
      if byte < 0x80, missing == 0 {
        if byte == 0 { hasNUL = true }
      } else {
        readWide(byte)
      }
    }
  }

  private mutating func readWide(_ byte: UInt8) {
    if missing > 0 {
      if next.contains(byte) {
        (begun, missing, next) = (begun + 1, missing - 1, 0x80...0xBF)
        return
      }
      broken += begun
      missing = 0
    }
    switch byte {
    case 0: hasNUL = true
    case 1...0x7F: break
    case 0xC2...0xDF: (begun, missing, next) = (1, 1, 0x80...0xBF)
    case 0xE0: (begun, missing, next) = (1, 2, 0xA0...0xBF)
    case 0xED: (begun, missing, next) = (1, 2, 0x80...0x9F)
    case 0xE1...0xEF: (begun, missing, next) = (1, 2, 0x80...0xBF)
    case 0xF0: (begun, missing, next) = (1, 3, 0x90...0xBF)
    case 0xF1...0xF3: (begun, missing, next) = (1, 3, 0x80...0xBF)
    case 0xF4: (begun, missing, next) = (1, 3, 0x80...0x8F)
    default: broken += 1
    }
  }

  /// What is wrong with the bytes read, as the rest of a sentence; nil where they are text.
  public func finish() -> String? {
    if hasNUL { return "is not UTF-8 text (it has NUL bytes, as UTF-16, pictures and programs have)" }
    let broken = broken + (missing > 0 ? begun : 0)
    guard broken * Self.tolerated > count else { return nil }
    return "is not UTF-8 text (\(broken) of its \(count) bytes belong to no character, as in Latin-1)"
  }
}
