/// What becomes of an embedding that is there already when another is enrolled.
public enum Replacement: String, Sendable, Hashable {
  /// It stays, and the new one is one more.
  case nothing
  /// Where its identity, its source and its embedder are those of the new one, the new one takes its place under its
  /// id: afterwards there is one embedding of that identity from that source. Embeddings without a source stay. Sources
  /// are compared letter by letter: the same relative path of two working folders is one source.
  case sameSource
}

/// What ``Gallery/upsert(_:)`` did.
public struct UpsertReceipt: Sendable, Hashable {
  /// The embeddings' ids, in the order given; those of one identity and source are one.
  public var ids: [EmbeddingID]
  /// How many embeddings hold what was given now.
  public var enrolled: Int
  /// How many embeddings of before gave way: otherwise than what took their place, or further ones of the same source.
  public var replaced: Int
  /// How many of those enrolled were there already, just so.
  public var unchanged: Int

  /// Makes a receipt.
  public init(ids: [EmbeddingID], enrolled: Int, replaced: Int, unchanged: Int) {
    self.ids = ids
    self.enrolled = enrolled
    self.replaced = replaced
    self.unchanged = unchanged
  }
}
