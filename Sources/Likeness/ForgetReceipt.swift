/// What ``Gallery/forget(_:)`` did.
public struct ForgetReceipt: Sendable, Hashable, Codable {
  /// The identity that was forgotten, or lost an embedding.
  public var identity: String
  /// How many embeddings were deleted.
  public var embeddings: Int
  /// Whether the bytes are gone too.
  public var erasure: Erasure
  /// What that means, as a sentence.
  public var note: String

  /// Whether deleted bytes have left the file.
  public enum Erasure: String, Sendable, Hashable, Codable {
    /// No byte of the vectors is left in the gallery file or its write-ahead log.
    case complete
    /// The rows are gone, but a reader kept older pages of the file in use: their bytes go with the next write, or
    /// when the gallery is closed, once that reader is done.
    case pending
  }
}
