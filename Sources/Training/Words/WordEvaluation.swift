import Foundation
import Networks

/// What a model of words is measured by.
public enum WordEvaluation {
  /// Why a file could not be used, as a sentence with the way out.
  public struct FileError: Error, Sendable, CustomStringConvertible, LocalizedError {
    /// The sentence.
    public let description: String
    /// The same sentence, for Foundation.
    public var errorDescription: String? { description }
  }

  /// The kinds of file, told apart by what is in them.
  public enum Format: Sendable, Hashable {
    /// Lines `word⇥word⇥score`.
    case pairs
    /// Google's: `: section`, then lines of four words.
    case analogies
    /// Anything else.
    case text
  }

  /// What a file holds, judged by its first line that says something.
  public static func format(of text: String) -> Format {
    guard let line = lines(of: text).first?.text else { return .text }
    if line.hasPrefix(":") { return .analogies }
    return fields(line).count >= 3 && line.contains("\t") ? .pairs : .text
  }

  /// Lines that are neither empty nor comments, with their numbers from 1.
  static func lines(of text: String) -> [(number: Int, text: String)] {
    // Some editors begin a file with a mark of its encoding, which is no part of the first word.
    let text = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap {
      index, line in
      let line = line.trimmingCharacters(in: .whitespaces)
      return line.isEmpty || line.hasPrefix("#") ? nil : (index + 1, line)
    }
  }

  static func fields(_ line: String) -> [String] {
    line.split(separator: "\t").map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
