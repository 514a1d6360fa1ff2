/// What ``Gallery/forget(_:)`` did, and what is beyond it.
public struct ForgetReceipt: Sendable, Hashable, Codable {
  /// The identity that was forgotten, or lost an embedding.
  public var identity: String
  /// Its number.
  public var identityID: IdentityID
  /// How many embeddings were deleted.
  public var embeddings: Int
  /// Their numbers, in order. They are never used again.
  public var embeddingIDs: [EmbeddingID]
  /// The size of their vectors in bytes.
  public var vectorBytes: Int
  /// Where the vectors came from: pictures and other files that are not the gallery's, and are where they were.
  public var sources: [String]
  /// From how many training sets the identity was taken.
  public var trainingSets: Int
  /// The models that were trained on the identity, and keep what they learned.
  public var models: [Model]
  /// Copies of the gallery that the library knows of, or found in their folders.
  public var copies: [Copy]
  /// Tables in the gallery's file that are not the library's, and were not looked at: they may hold what others copied.
  public var otherTables: [String]
  /// Whether the bytes are gone too.
  public var erasure: Erasure
  /// All that in sentences.
  public var note: String

  /// Whether deleted bytes have left the file.
  public enum Erasure: String, Sendable, Hashable, Codable {
    /// No byte of the vectors is left in the gallery file or its write-ahead log.
    case complete
    /// The rows are gone, but a reader kept older pages of the file in use: their bytes go with the next write, or
    /// when the gallery is closed, once that reader is done.
    case pending
  }

  /// A model that was trained on the identity.
  public struct Model: Sendable, Hashable, Codable {
    /// What people call it.
    public var name: String
    /// Lower-case hexadecimal SHA-256 of it.
    public var sha256: String?
    /// What says so.
    public var evidence: String
  }

  /// A copy of the gallery.
  public struct Copy: Sendable, Hashable, Codable {
    /// Its path.
    public var path: String
    /// Why it was made: `backup`, because somebody asked for it; `migration` or `repair`, by the library itself;
    /// `unregistered` for one that the gallery was not told of, and that was found beside it or beside another copy.
    public var reason: String
    /// What of the identity is in it.
    public var state: State
    /// Why it is not known, or not erased; nil otherwise.
    public var problem: String?

    /// What of an identity is in a copy.
    public enum State: String, Sendable, Hashable, Codable {
      /// Nothing.
      case clean
      /// Nothing any more: the identity was erased from it, as the library made it unasked.
      case erased
      /// The identity is in it still: whoever made it has to decide.
      case holds
      /// It cannot be read, or is not where it was.
      case unknown
    }
  }

  private enum CodingKeys: String, CodingKey {
    case identity, embeddings, sources, models, copies, erasure, note
    case identityID = "identity_id"
    case embeddingIDs = "embedding_ids"
    case vectorBytes = "vector_bytes"
    case trainingSets = "training_sets"
    case otherTables = "other_tables"
  }
}
