/// Reads decimal numbers as float32, to the nearest, whatever the locale.
///
/// Most numbers take the way of W. D. Clinger, *How to Read Floating Point Numbers Accurately* (1990): a whole number
/// below 2⁵³ times or divided by an exact power of ten is rounded once. Rounding that double to float32 is right unless
/// it lies halfway between two of them; those, and longer numbers, are left to the standard library.
enum DecimalFloat {
  /// The value of a number such as `-1.5e-3`, `nan` or `inf`; nil where the bytes are anything else.
  static func parse(_ text: UnsafeRawBufferPointer) -> Float? {
    var index = 0
    let count = text.count
    var isNegative = false
    if index < count, text[index] == minus || text[index] == plus {
      isNegative = text[index] == minus
      index += 1
    }
    var mantissa: UInt64 = 0
    var digits = 0
    var significant = 0
    var exponent = 0
    var isCut = false
    func take(_ byte: UInt8) {
      digits += 1
      if significant >= 15 {
        exponent += 1
        if byte != zero { isCut = true }
      } else {
        mantissa = mantissa * 10 + UInt64(byte - zero)
        if mantissa > 0 { significant += 1 }
      }
    }
    while index < count, isDigit(text[index]) {
      take(text[index])
      index += 1
    }
    if index < count, text[index] == point {
      index += 1
      while index < count, isDigit(text[index]) {
        take(text[index])
        exponent -= 1
        index += 1
      }
    }
    if digits == 0 { return special(text) }
    if index < count, text[index] | 0x20 == letterE {
      index += 1
      var isDown = false
      if index < count, text[index] == minus || text[index] == plus {
        isDown = text[index] == minus
        index += 1
      }
      guard index < count, isDigit(text[index]) else { return nil }
      var value = 0
      while index < count, isDigit(text[index]) {
        if value < 100_000 { value = value * 10 + Int(text[index] - zero) }
        index += 1
      }
      exponent += isDown ? -value : value
    }
    guard index == count else { return nil }
    let magnitude = nearest(mantissa, exponent, isCut: isCut) ?? slow(text).map(abs)
    return magnitude.map { isNegative ? -$0 : $0 }
  }

  /// The float32 nearest to `mantissa` × 10^`exponent`, or to a number between it and the next mantissa's; nil where
  /// this way does not tell.
  private static func nearest(_ mantissa: UInt64, _ exponent: Int, isCut: Bool) -> Float? {
    if mantissa == 0 { return isCut ? nil : 0 }
    guard -22...22 ~= exponent else { return nil }
    func value(_ mantissa: UInt64) -> Float? {
      let whole = Double(mantissa)
      let value = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent]
      guard value >= Double(Float.leastNormalMagnitude), value < Double(Float.greatestFiniteMagnitude) else {
        return nil
      }
      // Of the 29 bits that float32 lacks only the first is set: halfway.
      return value.bitPattern & 0x1FFF_FFFF == 0x1000_0000 ? nil : Float(value)
    }
    let low = value(mantissa)
    return isCut && low != value(mantissa + 1) ? nil : low
  }

  private static func slow(_ text: UnsafeRawBufferPointer) -> Float? {
    Float(String(decoding: text, as: UTF8.self))
  }

  private static func special(_ text: UnsafeRawBufferPointer) -> Float? {
    let isNegative = text.first == minus
    let word = isNegative || text.first == plus ? UnsafeRawBufferPointer(rebasing: text.dropFirst()) : text
    guard 3...8 ~= word.count else { return nil }
    switch String(decoding: word, as: UTF8.self).lowercased() {
    case "nan": return .nan
    case "inf", "infinity": return isNegative ? -.infinity : .infinity
    default: return nil
    }
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }

  private static let zero = UInt8(ascii: "0")
  private static let minus = UInt8(ascii: "-")
  private static let plus = UInt8(ascii: "+")
  private static let point = UInt8(ascii: ".")
  private static let letterE = UInt8(ascii: "e")
  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]
}
