import Foundation

/// placeholder
public final class Gallery: Sendable {
  /// Opens.
  public init(
    path: String, configuration: GalleryConfiguration = .init(),
    progress: (@Sendable (GalleryProgress) -> Void)? = nil
  ) throws { throw GalleryError.cannotOpen(path: path, reason: "not built yet") }
  /// Opens.
  public convenience init(
    path: String, embedder: any Embedder, configuration: GalleryConfiguration = .init(),
    progress: (@Sendable (GalleryProgress) -> Void)? = nil
  ) throws {
    try self.init(path: path, configuration: configuration, progress: progress)
    try attach(embedder)
  }
  /// Path.
  public var path: String { "" }
  /// Whether.
  public var isReadOnly: Bool { false }
  /// Why.
  public var readOnlyReason: String? { nil }
  /// Closes.
  public func close() throws {}
  /// Registers.
  public func register(_ specification: EmbedderSpecification) throws {}
  /// The stored one.
  public var embedder: EmbedderSpecification? { get throws { nil } }
  /// Attaches.
  public func attach(_ embedder: any Embedder) throws {}
  /// Enrolls.
  @discardableResult public func enroll(
    _ vector: [Float], as identity: String, source: String? = nil, sourceSHA256: String? = nil, quality: Double? = nil,
    attributes: [String: JSONValue] = [:]
  ) throws -> EmbeddingID { throw GalleryError.noEmbedder(path: path) }
  /// Enrolls.
  @discardableResult public func enroll(_ enrollments: [Enrollment]) throws -> [EmbeddingID] { [] }
  /// Enrolls.
  @discardableResult public func enroll(
    _ input: EmbedderInput, as identity: String, source: String? = nil, sourceSHA256: String? = nil,
    quality: Double? = nil, attributes: [String: JSONValue] = [:]
  ) throws -> EmbeddingID { throw GalleryError.noEmbedder(path: path) }
  /// Answers.
  public func query(
    _ probe: Probe, k: Int = 5, by grouping: CandidateGrouping = .identity, maxDistance: Float? = nil
  ) throws -> Answer { throw GalleryError.noEmbedder(path: path) }
  /// All identities.
  public func identities() throws -> [Identity] { [] }
  /// One identity.
  public func identity(named name: String) throws -> Identity? { nil }
  /// Its embeddings.
  public func embeddings(of identity: String) throws -> [Embedding] { [] }
  /// One embedding's vector.
  public func vector(of embedding: EmbeddingID) throws -> [Float] { [] }
  /// Renames.
  public func rename(_ identity: String, to newName: String) throws {}
  /// Merges.
  public func merge(_ identity: String, into other: String) throws {}
  /// Sets attributes.
  public func setAttributes(_ attributes: [String: JSONValue], of identity: String) throws {}
  /// Removes.
  @discardableResult public func remove(embedding: EmbeddingID) throws -> ForgetReceipt { throw GalleryError.noEmbedder(path: path) }
  /// Forgets.
  @discardableResult public func forget(_ identity: String) throws -> ForgetReceipt { throw GalleryError.noEmbedder(path: path) }
  /// Numbers.
  public func info() throws -> GalleryInfo { throw GalleryError.noEmbedder(path: path) }
}
