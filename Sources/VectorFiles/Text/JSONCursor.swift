/// Walks through the bytes of one JSON text (RFC 8259), front to back.
struct JSONCursor {
  /// What is wrong, without saying where.
  struct Fault: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  private let bytes: UnsafeRawBufferPointer
  private(set) var index = 0
  /// How deeply values may lie in each other.
  private static let deepest = 128

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  mutating func skipSpace() {
    while index < bytes.count, bytes[index] == 32 || bytes[index] == 9 || bytes[index] == 13 || bytes[index] == 10 {
      index += 1
    }
  }

  /// Whether nothing is left.
  mutating func isFinished() -> Bool {
    skipSpace()
    return index == bytes.count
  }

  /// Moves behind `byte`, if that is what comes next.
  mutating func take(_ byte: Unicode.Scalar) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  mutating func takeNull() -> Bool {
    skipSpace()
    guard bytes[index...].starts(with: "null".utf8) else { return false }
    index += 4
    return true
  }

  /// Reads the fields of an object: `body` has to read the value of each.
  mutating func object(_ body: (inout JSONCursor, String) throws -> Void) throws {
    guard take("{") else { throw Fault("it is no JSON object: one a line, {\"identity\":…,\"vector\":[…]}") }
    if take("}") { return }
    repeat {
      let key = try string("a field's name")
      guard take(":") else { throw Fault("there is no colon behind \"\(VectorFileError.shown(key))\"") }
      try body(&self, key)
    } while take(",")
    guard take("}") else { throw Fault("the object does not end: it is cut short, or a comma is missing") }
  }

  /// Reads an array of numbers.
  mutating func numbers(limit: Int, capacity: Int) throws -> [Float] {
    guard take("[") else { throw Fault("the vector is no array of numbers") }
    var values: [Float] = []
    values.reserveCapacity(capacity)
    if take("]") { return values }
    repeat {
      skipSpace()
      guard values.count < limit else { throw Fault("the vector has more than \(limit) values") }
      let start = index
      while index < bytes.count, !Self.endsNumber(bytes[index]) { index += 1 }
      let text = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
      guard let value = DecimalFloat.parse(text) else {
        throw Fault("value \(values.count) of the vector, \"\(VectorFileError.shown(text))\", is not a number")
      }
      values.append(value)
    } while take(",")
    guard take("]") else { throw Fault("the vector does not end: it is cut short, or a comma is missing") }
    return values
  }

  private static func endsNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 44, 93, 32, 9, 10, 13: true  // , ] and space
    default: false
    }
  }

  /// Reads a number; `what` names it in messages.
  mutating func number(_ what: String) throws -> Double {
    skipSpace()
    let start = index
    while index < bytes.count, !Self.endsNumber(bytes[index]), bytes[index] != UInt8(ascii: "}") { index += 1 }
    let text = bytes[start..<index]
    let isDecimal = text.allSatisfy { $0 &- 48 < 10 || [43, 45, 46, 69, 101].contains($0) }
    guard isDecimal, let value = Double(String(decoding: text, as: UTF8.self)) else {
      throw Fault("\(what), \(VectorFileError.shown(UnsafeRawBufferPointer(rebasing: text))), is not a number")
    }
    return value
  }

  /// Reads a string; `what` names it in messages.
  mutating func string(_ what: String) throws -> String {
    guard take("\"") else { throw Fault("\(what) is no string in quotes") }
    let start = index
    while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
      if bytes[index] < 32 { throw Fault("\(what) holds a control character: write it as \\u00…") }
      index += 1
    }
    guard index < bytes.count else { throw Fault("\(what) does not end: a quote is missing") }
    var text = Array(bytes[start..<index])
    while true {
      guard index < bytes.count else { throw Fault("\(what) does not end: a quote is missing") }
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\"") { break }
      if byte < 32 { throw Fault("\(what) holds a control character: write it as \\u00…") }
      if byte == UInt8(ascii: "\\") {
        text += Array(String(try escape(what)).utf8)
      } else {
        text.append(byte)
      }
    }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw Fault("\(what) is not UTF-8: save the file as UTF-8")
    }
    return string
  }

  private mutating func escape(_ what: String) throws -> Unicode.Scalar {
    guard index < bytes.count else { throw Fault("\(what) does not end: a quote is missing") }
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw Fault("\(what) has a backslash before something that JSON does not escape")
    }
    let high = try unit(what)
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u")
    else { throw Fault("\(what) has half of a character: \\u\(String(high, radix: 16))") }
    index += 2
    let low = try unit(what)
    guard (0xDC00...0xDFFF).contains(low),
      let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    else { throw Fault("\(what) has half of a character: \\u\(String(high, radix: 16))") }
    return scalar
  }

  private mutating func unit(_ what: String) throws -> UInt32 {
    guard index + 4 <= bytes.count,
      bytes[index..<index + 4].allSatisfy({ $0 &- 48 < 10 || ($0 | 0x20) &- 97 < 6 }),
      let value = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
    else { throw Fault("\(what) has \\u without four hexadecimal digits") }
    index += 4
    return value
  }

  /// Moves behind any value, and gives its bytes.
  mutating func value() throws -> UnsafeRawBufferPointer {
    skipSpace()
    let start = index
    var depth = 0
    repeat {
      skipSpace()
      guard index < bytes.count else { throw Fault("it is cut short") }
      switch bytes[index] {
      case UInt8(ascii: "\""): _ = try string("a string")
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        index += 1
        if depth > Self.deepest { throw Fault("values lie in each other more than \(Self.deepest) deep") }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { throw Fault("a value is missing") }
        depth -= 1
        index += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        if depth == 0 { throw Fault("a value is missing") }
        index += 1
      default:
        let first = index
        while index < bytes.count, !Self.endsNumber(bytes[index]), bytes[index] != UInt8(ascii: "}"),
          bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: ":")
        { index += 1 }
        if index == first { throw Fault("a value is missing") }
      }
    } while depth > 0
    return UnsafeRawBufferPointer(rebasing: bytes[start..<index])
  }
}
