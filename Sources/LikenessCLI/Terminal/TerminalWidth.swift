import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much room a line has.
enum TerminalWidth {
  /// The columns of the terminal behind stderr, asked anew each time, as windows change; 80 where it does not say.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}

extension String {
  /// As much of the text as fits into so many columns of a terminal, `…` at its end where something is missing.
  func cut(toColumns columns: Int) -> String {
    var (text, used) = ("", 0)
    var (short, shortUsed) = ("", 0)
    for character in self {
      let width = character.columns
      if used + width > columns { return shortUsed < columns ? short + "…" : short }
      text.append(character)
      used += width
      if used < columns { (short, shortUsed) = (text, used) }
    }
    return text
  }
}

extension Character {
  /// The columns it takes: two for most of East Asia's characters and for emoji, none for what joins another.
  fileprivate var columns: Int { unicodeScalars.map(Self.columns).max() ?? 0 }

  private static func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
