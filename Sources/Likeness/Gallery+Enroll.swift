import Foundation
import GRDB

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
  /// - Returns: The embedding's id. The row is durable.
  /// - Throws: ``GalleryError``; then nothing was stored.
  @discardableResult
  public func enroll(
    _ vector: [Float], as identity: String, source: String? = nil, sourceSHA256: String? = nil,
    quality: Double? = nil, attributes: [String: JSONValue] = [:]
  ) throws -> EmbeddingID {
    let enrollment = Enrollment(
      identity: identity, vector: vector, source: source, sourceSHA256: sourceSHA256, quality: quality,
      attributes: attributes)
    guard let id = try enroll([enrollment]).first else { throw GalleryError.unknownEmbedding(EmbeddingID(0)) }
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
    quality: Double? = nil, attributes: [String: JSONValue] = [:]
  ) throws -> EmbeddingID {
    var origin = source
    if origin == nil, case .file(let path) = input { origin = path }
    return try enroll(
      try embed(input), as: identity, source: origin, sourceSHA256: sourceSHA256, quality: quality,
      attributes: attributes)
  }

  /// Stores many vectors in one transaction: all of them, or none.
  ///
  /// ```swift
  /// let rows = vectors.map { Enrollment(identity: "Ada", vector: $0) }
  /// let ids = try gallery.enroll(rows)
  /// ```
  ///
  /// - Returns: The embeddings' ids, in the order given. The rows are durable.
  /// - Throws: ``GalleryError``, naming the first enrolment at fault by its place, counted from 1.
  @discardableResult
  public func enroll(_ enrollments: [Enrollment]) throws -> [EmbeddingID] {
    let prepared = try enrollments.enumerated().map { place, enrollment in
      try Prepared(enrollment, subject: Self.subject(enrollment, place: place, of: enrollments.count))
    }
    if prepared.isEmpty { return [] }
    return try writing { db in
      guard let embedder = try EmbedderRow.stored(in: db) else { throw GalleryError.noEmbedder(path: path) }
      for (place, enrollment) in enrollments.enumerated() {
        try Self.check(
          enrollment.vector, embedder: embedder,
          subject: Self.subject(enrollment, place: place, of: enrollments.count))
      }
      return try Self.insert(enrollments, prepared, embedder: embedder, in: db)
    }
  }

  /// What can be said of an enrolment without the file.
  private struct Prepared {
    var identity: String
    var attributes: String

    init(_ enrollment: Enrollment, subject: @autoclosure () -> String) throws {
      identity = try Name.checked(enrollment.identity)
      attributes = try Attributes.text(enrollment.attributes)
      if let quality = enrollment.quality, !quality.isFinite {
        throw GalleryError.invalidArgument(reason: "\(subject()) has the quality \(quality): give a number or nothing")
      }
      if let hash = enrollment.sourceSHA256,
        hash.utf8.count != 64 || !hash.utf8.allSatisfy(Gallery.isHexadecimal)
      {
        throw GalleryError.invalidArgument(
          reason: "\(subject()) has a sourceSHA256 that is not 64 lower-case hexadecimal digits: give nothing instead")
      }
    }
  }

  private static func insert(
    _ enrollments: [Enrollment], _ prepared: [Prepared], embedder: EmbedderRow, in db: Database
  ) throws -> [EmbeddingID] {
    let newIdentity = try RawStatement(db, "INSERT INTO identity (name) VALUES (?)")
    let newEmbedding = try RawStatement(
      db,
      """
      INSERT INTO embedding (identity_id, embedder_id, source, source_sha256, quality, attributes, vector, crc32)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    try newEmbedding.bind(embedder.id, at: 2)
    var identities: [String: IdentityID] = [:]
    var ids: [EmbeddingID] = []
    ids.reserveCapacity(enrollments.count)
    for (enrollment, prepared) in zip(enrollments, prepared) {
      let identity: IdentityID
      if let known = try identities[prepared.identity] ?? Name.find(enrollment.identity, in: db) {
        identity = known
      } else {
        try newIdentity.bind(prepared.identity, at: 1)
        try newIdentity.run()
        identity = IdentityID(db.lastInsertedRowID)
      }
      identities[prepared.identity] = identity
      try newEmbedding.bind(identity.rawValue, at: 1)
      try newEmbedding.bind(enrollment.source, at: 3)
      try newEmbedding.bind(enrollment.sourceSHA256, at: 4)
      try newEmbedding.bind(enrollment.quality, at: 5)
      try newEmbedding.bind(prepared.attributes, at: 6)
      try enrollment.vector.withUnsafeBytes { bytes in
        try newEmbedding.bind(borrowing: bytes, at: 7)
        try newEmbedding.bind(Int64(CRC32.of(bytes)), at: 8)
        try newEmbedding.run()
      }
      ids.append(EmbeddingID(db.lastInsertedRowID))
    }
    return ids
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

  private static func subject(_ enrollment: Enrollment, place: Int, of count: Int) -> String {
    let name = GalleryError.shortened(enrollment.identity)
    return count == 1 ? "the vector for \"\(name)\"" : "vector \(place + 1) of \(count), for \"\(name)\","
  }
}
