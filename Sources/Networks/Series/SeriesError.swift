import Foundation

/// Why a series cannot be read or used, as a sentence with the way out.
public struct SeriesError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// The file or folder at fault.
  public let path: String
  /// What is wrong with it and what to do, as a sentence without its subject.
  public let reason: String

  /// An error about `path`.
  public init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }

  /// The path and the reason.
  public var description: String { "\(path): \(reason)" }
  /// The same text, for Foundation.
  public var errorDescription: String? { description }
}
