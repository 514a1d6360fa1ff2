import Foundation

/// Something an embedder can turn into a vector.
public enum EmbedderInput: Sendable, Hashable {
  /// A file on disk, decoded by the embedder (a picture, a series).
  case file(path: String)
  /// The bytes of such a file.
  case data(Data)
  /// A word, an expression of words, or a sentence.
  case text(String)
}

/// A trained function from an input (image, window of a series, word, caption) to an embedding.
///
/// A gallery keeps the ``EmbedderSpecification`` beside the vectors it made, so that an answer never compares
/// vectors of two embedders.
public protocol Embedder: Sendable {
  /// What a gallery must know to keep this embedder's vectors apart from all others.
  var specification: EmbedderSpecification { get }

  /// Embeds each input: one vector of `specification.dimension` float32 an input, in the inputs' order.
  ///
  /// - Throws: ``EmbedderError`` naming the first input that could not be decoded.
  func embed(_ inputs: [EmbedderInput]) throws -> [[Float]]
}

extension Embedder {
  /// Embeds one input.
  public func embed(_ input: EmbedderInput) throws -> [Float] {
    guard let vector = try embed([input]).first else {
      throw EmbedderError(input: input, reason: "the embedder returned no vector")
    }
    return vector
  }
}

/// An input that an embedder could not turn into a vector.
public struct EmbedderError: Error, Sendable, CustomStringConvertible, LocalizedError {
  /// The input at fault.
  public var input: EmbedderInput
  /// What is wrong with it, as a sentence without its subject.
  public var reason: String

  /// Makes an error for `input`.
  public init(input: EmbedderInput, reason: String) {
    self.input = input
    self.reason = reason
  }

  /// The input's name and the reason.
  public var description: String {
    switch input {
    case .file(let path): "\(path): \(reason)"
    case .data(let data): "input of \(data.count) bytes: \(reason)"
    case .text(let text): "\"\(text)\": \(reason)"
    }
  }

  /// The same text, for Foundation.
  public var errorDescription: String? { description }
}
