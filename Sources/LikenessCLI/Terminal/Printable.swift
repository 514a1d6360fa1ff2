extension String {
  /// The text with what would steer a terminal escaped: control characters, and those that turn the direction of
  /// writing. Names and paths are other people's.
  ///
  /// - Parameter keepingLines: whether newlines stay.
  func printable(keepingLines: Bool = false) -> String {
    func isPlain(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.value {
      case 0x0A: keepingLines
      case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: false
      default: true
      }
    }
    if unicodeScalars.allSatisfy(isPlain) { return self }
    var text = ""
    for scalar in unicodeScalars {
      if isPlain(scalar) {
        text.unicodeScalars.append(scalar)
      } else {
        text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      }
    }
    return text
  }
}
