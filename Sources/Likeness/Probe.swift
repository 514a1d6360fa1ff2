/// What is asked about.
public enum Probe: Sendable, Hashable {
  /// A vector made by the gallery's embedder.
  case vector([Float])
  /// Something for the embedder that ``Gallery/attach(_:)`` was given: a picture's path, a word.
  case input(EmbedderInput)
  /// An embedding of the gallery itself: what else is like it? It is left out of its own answer.
  case embedding(EmbeddingID)
}

/// What one line of an answer stands for.
public enum CandidateGrouping: String, Sendable, Hashable, Codable, CaseIterable {
  /// One candidate an identity, by its nearest embedding.
  case identity
  /// One candidate an embedding: the same identity may appear many times.
  case embedding
}
