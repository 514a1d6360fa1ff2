import Foundation

/// A model file that cannot serve as the embedder asked for.
public struct ModelError: Error, Sendable, CustomStringConvertible, LocalizedError {
  /// The file, or the gallery's name for it.
  public var model: String
  /// What is wrong with it, as a sentence without its subject.
  public var reason: String

  /// The model and the reason.
  public var description: String { "model \(model): \(reason)" }
  /// The same text, for Foundation.
  public var errorDescription: String? { description }
}
