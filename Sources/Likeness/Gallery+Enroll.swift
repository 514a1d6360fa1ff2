import Foundation

extension Gallery {
  /// Stores one vector under an identity, which is made where it does not exist yet.
  ///
  /// - Parameters:
  ///   - vector: `dimension` float32 values made by the gallery's embedder.
  ///   - identity: The identity's name.
  ///   - source: Where the vector came from; answers carry it.
  ///   - sourceSHA256: Lower-case hexadecimal SHA-256 of what it was made from.
  ///   - quality: How good the input was; larger is better.
  ///   - attributes: What else to keep with the embedding.
  ///   - replacing: Whether an embedding that the identity has from the same source gives way.
  /// - Returns: The embedding's id. The row is durable.
  /// - Throws: ``GalleryError``; then nothing was stored.
  @discardableResult
  public func enroll(
    _ vector: [Float], as identity: String, source: String? = nil, sourceSHA256: String? = nil,
    quality: Double? = nil, attributes: [String: JSONValue] = [:], replacing: Replacement = .nothing
  ) throws -> EmbeddingID {
    let enrollment = Enrollment(
      identity: identity, vector: vector, source: source, sourceSHA256: sourceSHA256, quality: quality,
      attributes: attributes)
    guard let id = try enroll([enrollment], replacing: replacing).first else {
      throw GalleryError.unknownEmbedding(EmbeddingID(0))
    }
    return id
  }

  /// Embeds an input with the attached embedder, and stores its vector under an identity.
  ///
  /// For a file the source is its path, where none is given.
  ///
  /// - Throws: ``EmbedderError`` for an input that cannot be embedded, ``GalleryError`` otherwise; then nothing was
  ///   stored.
  @discardableResult
  public func enroll(
    _ input: EmbedderInput, as identity: String, source: String? = nil, sourceSHA256: String? = nil,
    quality: Double? = nil, attributes: [String: JSONValue] = [:], replacing: Replacement = .nothing
  ) throws -> EmbeddingID {
    var origin = source
    if origin == nil, case .file(let path) = input { origin = path }
    return try enroll(
      try embed(input), as: identity, source: origin, sourceSHA256: sourceSHA256, quality: quality,
      attributes: attributes, replacing: replacing)
  }

  /// Stores many vectors in one transaction: all of them, or none.
  ///
  /// ```swift
  /// let rows = vectors.map { Enrollment(identity: "Ada", vector: $0) }
  /// let ids = try gallery.enroll(rows)
  /// ```
  ///
  /// Enrolments of several threads at once share a commit, so that together they are as quick as one is alone. Each is
  /// still all or nothing by itself, and returns when its own rows are durable.
  ///
  /// - Parameters:
  ///   - enrollments: What to store.
  ///   - replacing: What becomes of embeddings that are there already.
  /// - Returns: The embeddings' ids, in the order given. The rows are durable.
  /// - Throws: ``GalleryError``, naming the first enrolment at fault by its place, counted from 1.
  @discardableResult
  public func enroll(_ enrollments: [Enrollment], replacing: Replacement = .nothing) throws -> [EmbeddingID] {
    try stored(enrollments, replacing: replacing).ids
  }

  /// Stores many vectors in one transaction, each in the place of those that its identity has from the same source, and
  /// says how many gave way. It is ``enroll(_:replacing:)`` with ``Replacement/sameSource`` otherwise.
  ///
  /// Sources are compared as they are written: where they are paths, `a/1.jpg` of two working folders is one source.
  ///
  /// - Throws: ``GalleryError``, naming the first enrolment at fault by its place, counted from 1.
  public func upsert(_ enrollments: [Enrollment]) throws -> UpsertReceipt {
    let stored = try stored(enrollments, replacing: .sameSource)
    var tally = EnrollmentTally()
    tally.add(stored)
    return UpsertReceipt(
      ids: stored.ids, enrolled: tally.enrolled, replaced: tally.replaced, unchanged: tally.unchanged)
  }

  private func stored(_ enrollments: [Enrollment], replacing: Replacement) throws -> StoredRows {
    let rows = try CheckedEnrollments(enrollments)
    if enrollments.isEmpty {
      try connections.checkOpen()
      return StoredRows()
    }
    return try commits.commit(EnrollmentRequest(rows: rows, replacing: replacing)) { store(&$0) }
  }

  /// Refuses a vector that the gallery's embedder cannot have made.
  static func check(_ vector: [Float], embedder: EmbedderRow, subject: @autoclosure () -> String) throws {
    guard vector.count == embedder.dimension else {
      throw GalleryError.wrongDimension(
        subject: subject(), count: vector.count, embedder: embedder.name, dimension: embedder.dimension)
    }
    let fault = vector.withUnsafeBytes { VectorFault.find(in: $0, metric: embedder.metric) }
    if let fault { throw fault.error(subject: subject(), embedder: embedder) }
  }
}
