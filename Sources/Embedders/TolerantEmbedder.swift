import Likeness

/// An embedder that can tell which inputs it cannot embed, so that a caller may leave those out.
public protocol TolerantEmbedder: Embedder {
  /// Each input's own vector or error, in the inputs' order.
  func embedEach(_ inputs: [EmbedderInput]) throws -> [Result<[Float], EmbedderError>]
}
