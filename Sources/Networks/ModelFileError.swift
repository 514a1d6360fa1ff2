import Foundation

/// Why a model file cannot be read or written.
public struct ModelFileError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// What is wrong and what to do about it, as a sentence.
  public let description: String

  /// An error that says `description`.
  public init(_ description: String) {
    self.description = description
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
