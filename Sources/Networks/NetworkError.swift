/// Why an architecture or a set of weights cannot be used.
public struct NetworkError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and what to do about it, as a sentence.
  public let description: String

  /// An error that says `description`.
  public init(_ description: String) {
    self.description = description
  }
}
