/// Who or what is recognised.
public struct Identity: Sendable, Hashable, Codable, Identifiable {
  /// Its number, which survives a new name.
  public var id: IdentityID
  /// Its name, unique in the gallery.
  public var name: String
  /// What else is known of it.
  public var attributes: [String: JSONValue]
  /// How many embeddings it has, damaged ones too.
  public var embeddings: Int
  /// When it was made: ISO 8601, UTC.
  public var createdAt: String

  private enum CodingKeys: String, CodingKey {
    case id, name, attributes, embeddings
    case createdAt = "created_at"
  }
}

/// An embedding of the gallery: all but its vector, which ``Gallery/vector(of:)`` reads.
public struct Embedding: Sendable, Hashable, Codable, Identifiable {
  /// Its number.
  public var id: EmbeddingID
  /// The name of the identity it belongs to.
  public var identity: String
  /// The name of the embedder that made it.
  public var embedder: String
  /// Where it came from, as its enrolment said.
  public var source: String?
  /// Lower-case hexadecimal SHA-256 of what it was made from.
  public var sourceSHA256: String?
  /// How good the input was; larger is better, the scale is the embedder's.
  public var quality: Double?
  /// What else is kept with it.
  public var attributes: [String: JSONValue]
  /// When it was enrolled: ISO 8601, UTC.
  public var createdAt: String

  private enum CodingKeys: String, CodingKey {
    case id, identity, embedder, source, quality, attributes
    case sourceSHA256 = "source_sha256"
    case createdAt = "created_at"
  }
}
