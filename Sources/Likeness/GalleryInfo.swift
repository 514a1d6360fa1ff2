/// A gallery's numbers, as ``Gallery/info()`` reads them.
public struct GalleryInfo: Sendable, Hashable, Codable {
  /// The gallery's path.
  public var path: String
  /// The size of the file in bytes, without its write-ahead log.
  public var fileBytes: Int
  /// The size of the write-ahead log in bytes.
  public var logBytes: Int
  /// The version of the schema in the file.
  public var schemaVersion: Int
  /// Why nothing can be written, as a sentence; nil where writing is possible.
  public var readOnlyReason: String?
  /// The embedder whose vectors the gallery compares; nil before one is registered.
  public var embedder: EmbedderSummary?
  /// The number of identities.
  public var identities: Int
  /// The number of rows in `embedding`.
  public var embeddings: Int
  /// How many of them can be found.
  public var searchable: Int
  /// How many were left out: because their rows are damaged, or because another embedder made them.
  public var leftOutCount: Int
  /// How many of those are not damaged, but another embedder's.
  public var otherEmbedderCount: Int
  /// The first hundred of those that were left out; damaged ones first.
  public var leftOut: [LeftOut]
  /// What the index is made of; nil before an embedder is registered.
  public var index: IndexSummary?
  /// Whether bytes of deleted vectors may still be in the file; see ``ForgetReceipt/Erasure/pending``.
  public var erasurePending: Bool

  /// What a gallery says of its embedder without reading the model.
  public struct EmbedderSummary: Sendable, Hashable, Codable {
    /// Its name.
    public var name: String
    /// The kind of input.
    public var kind: String
    /// The number of float32 values in a vector.
    public var dimension: Int
    /// How its vectors are compared.
    public var metric: Metric
    /// Lower-case hexadecimal SHA-256 of the model.
    public var sha256: String?
    /// The size of the stored model in bytes; 0 where there is none.
    public var modelBytes: Int

    private enum CodingKeys: String, CodingKey {
      case name, kind, dimension, metric, sha256
      case modelBytes = "model_bytes"
    }
  }

  /// An embedding that no query finds, and why.
  public struct LeftOut: Sendable, Hashable, Codable {
    /// The embedding.
    public var embedding: EmbeddingID
    /// What is wrong with it.
    public var reason: String
  }

  private enum CodingKeys: String, CodingKey {
    case path, embedder, identities, embeddings, searchable, index
    case fileBytes = "file_bytes"
    case logBytes = "log_bytes"
    case schemaVersion = "schema_version"
    case readOnlyReason = "read_only_reason"
    case leftOutCount = "left_out_count"
    case otherEmbedderCount = "other_embedder_count"
    case leftOut = "left_out"
    case erasurePending = "erasure_pending"
  }
}
