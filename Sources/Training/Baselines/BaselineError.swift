import Foundation

/// Why a baseline could not be fitted: one sentence with a way out.
public struct BaselineError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// What is wrong and what to do.
  public let reason: String

  /// An error with this sentence.
  public init(_ reason: String) {
    self.reason = reason
  }

  /// The reason.
  public var description: String { reason }

  /// The reason.
  public var errorDescription: String? { reason }
}
