import Foundation

/// A number of bytes for people: `512 bytes`, `1.5 MB`.
enum Bytes {
  /// The number with its unit, in powers of 1,000.
  static func text(_ count: Int) -> String {
    switch count.magnitude {
    case ..<1_000: "\(count) bytes"
    case ..<1_000_000: String(format: "%.1f kB", Double(count) / 1e3)
    case ..<1_000_000_000: String(format: "%.1f MB", Double(count) / 1e6)
    default: String(format: "%.2f GB", Double(count) / 1e9)
    }
  }
}
