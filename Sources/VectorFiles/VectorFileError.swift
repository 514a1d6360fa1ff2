import Foundation

/// What is wrong with a file of vectors: which one, where in it, and what to do.
public struct VectorFileError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// Where in a file something is wrong.
  public enum Place: Sendable, Hashable, CustomStringConvertible {
    /// A line of a text file, counted from 1.
    case line(Int)
    /// A row of a binary file, counted from 0.
    case row(Int)

    /// The place in words.
    public var description: String {
      switch self {
      case .line(let number): "line \(number)"
      case .row(let number): "row \(number)"
      }
    }
  }

  /// The file.
  public var path: String
  /// The row at fault; nil where it is the file.
  public var place: Place?
  /// What is wrong and what to do, without the file's name.
  public var reason: String
  /// Whether only one row is at fault, so that the reader's next call gives the row behind it.
  public var canContinue: Bool

  /// Describes a fault.
  public init(path: String, place: Place? = nil, reason: String, canContinue: Bool = false) {
    self.path = path
    self.place = place
    self.reason = reason
    self.canContinue = canContinue
  }

  /// The file, the place, and what is wrong.
  public var description: String { "\(path)\(place.map { ", \($0)" } ?? ""): \(reason)" }
  /// The same text, for Foundation.
  public var errorDescription: String? { description }

  /// Text from a file as a message can show it: short, without control characters.
  static func shown(_ text: String) -> String {
    let short = text.unicodeScalars.prefix(40).map { $0.value < 32 || $0.value == 127 ? "␦" : String($0) }.joined()
    return text.unicodeScalars.count > 40 ? short + "…" : short
  }

  static func shown(_ bytes: UnsafeRawBufferPointer) -> String {
    shown(String(decoding: bytes.prefix(200), as: UTF8.self))
  }
}
