/// What becomes of an embedding that is there already when another is enrolled.
public enum Replacement: String, Sendable, Hashable {
  /// It stays, and the new one is one more.
  case nothing
  /// Where its identity, its source and its embedder are those of the new one, the new one takes its place under its
  /// id: afterwards there is one embedding of that identity from that source. Embeddings without a source stay.
  case sameSource
}
