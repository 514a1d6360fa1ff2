import Foundation

/// The members of a JSON object as they are written, so that what no parser here keeps (digits beyond 64 bits, say) can be
/// moved to the letter.
struct JSONMembers {
  struct Member {
    /// The name as it is written, in quotation marks.
    var name: Substring
    /// The name as it is meant.
    var key: String
    var value: Substring
  }

  private(set) var members: [Member] = []
  private let text: Substring.UTF8View
  private var place: Substring.Index

  /// - Returns: nil for a text that is no object. What stands within its members is not looked into.
  init?(_ text: String) {
    let whole = text[...]
    self.text = whole.utf8
    place = whole.startIndex
    guard take("{") else { return nil }
    if !take("}") {
      repeat {
        skipSpace()
        let start = place
        guard skipString() else { return nil }
        let name = whole[start..<place]
        guard take(":") else { return nil }
        skipSpace()
        let begin = place
        guard skipValue() else { return nil }
        let key = (try? JSONDecoder().decode([String].self, from: Data("[\(name)]".utf8)))?.first ?? String(name)
        members.append(Member(name: name, key: key, value: whole[begin..<place]))
      } while take(",")
      guard take("}") else { return nil }
    }
    skipSpace()
    guard place == whole.endIndex else { return nil }
  }

  private var byte: UInt8? { place < text.endIndex ? text[place] : nil }

  private mutating func advance() { place = text.index(after: place) }

  private mutating func skipSpace() {
    while let byte, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { advance() }
  }

  /// Takes a character, and the space before it.
  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard byte == character.asciiValue else { return false }
    advance()
    return true
  }

  private mutating func skipString() -> Bool {
    guard byte == UInt8(ascii: "\"") else { return false }
    advance()
    while let byte {
      advance()
      if byte == UInt8(ascii: "\"") { return true }
      if byte == UInt8(ascii: "\\"), place < text.endIndex { advance() }
    }
    return false
  }

  /// To the end of a value: of a string, of brackets that close, or of a word.
  private mutating func skipValue() -> Bool {
    let start = place
    var depth = 0
    while let byte {
      switch byte {
      case UInt8(ascii: "\""):
        guard skipString() else { return false }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        advance()
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return place > start }
        depth -= 1
        advance()
      case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D:
        if depth == 0 { return place > start }
        advance()
      default: advance()
      }
      if depth == 0, [UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: "\"")].contains(byte) { return true }
    }
    return false
  }
}
