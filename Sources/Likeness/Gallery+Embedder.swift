import Digests
import Foundation
import GRDB

extension Gallery {
  /// The embedder whose vectors this gallery holds, with the stored model; nil before one was registered.
  ///
  /// - Throws: ``GalleryError``.
  public var embedder: EmbedderSpecification? {
    get throws {
      try reading { db in
        guard let stored = try EmbedderRow.stored(in: db) else { return nil }
        let row = try RawStatement(db, "SELECT kind, sha256, card, model FROM embedder WHERE id = ?")
        try row.bind(stored.id, at: 1)
        guard try row.step() else { return nil }
        var specification = EmbedderSpecification(
          name: stored.name, kind: row.text(0) ?? "", dimension: stored.dimension, metric: stored.metric,
          model: row.bytes(3), card: row.text(2) ?? "{}")
        specification.sha256 = row.text(1)
        return specification
      }
    }
  }

  /// Registers the embedder that will make this gallery's vectors, and keeps its model in the file. Registering the
  /// same embedder again changes nothing.
  ///
  /// - Throws: ``GalleryError/otherEmbedder(stored:offered:difference:)`` where the gallery has another one: name,
  ///   dimension, metric or the SHA-256 of the model differ. ``GalleryError/invalidEmbedder(reason:)`` for a
  ///   specification that no gallery can hold.
  public func register(_ specification: EmbedderSpecification) throws {
    let name = try Self.checked(specification)
    if let stored = try stored(), try agrees(stored, specification) { return }
    try writing { db in
      // Another process may have been quicker.
      if let stored = try Self.storedEmbedder(in: db) {
        _ = try agrees(stored, specification)
        return
      }
      try db.execute(
        sql: """
          INSERT INTO embedder (name, kind, dimension, metric, sha256, card, model, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          name, specification.kind, specification.dimension, specification.metric.rawValue, specification.sha256,
          specification.card, specification.model, try Moment.now(in: db),
        ])
    }
  }

  /// Gives the gallery the function itself, so that it can embed pictures and words. Where no embedder is registered
  /// yet, this one is.
  ///
  /// - Throws: ``GalleryError/otherEmbedder(stored:offered:difference:)`` where it is not the gallery's embedder.
  public func attach(_ embedder: any Embedder) throws {
    let specification = embedder.specification
    if let stored = try stored() {
      _ = try agrees(stored, specification)
    } else {
      try register(specification)
    }
    attached.withLock {
      $0 = AttachedEmbedder(
        embedder: embedder, specification: specification, stored: StoredEmbedder(specification))
    }
  }

  /// Refuses what the attached embedder made, or was made for it, where the gallery's embedder is another one by now: another
  /// gallery was restored over this one, or another program has changed it.
  func checkAttached(_ stored: StoredEmbedder) throws {
    guard let attached = attached.withLock({ $0 }), attached.stored != stored else { return }
    _ = try agrees(stored, attached.specification)
  }

  /// The embedder whose vectors the gallery holds, where it is the attached one or none is.
  func embedderToWriteBy(_ db: Database) throws -> EmbedderRow {
    let embedder = try requiredEmbedder(db)
    try checkAttached(StoredEmbedder(embedder))
    return embedder
  }

  /// The attached embedder.
  func liveEmbedder() throws -> any Embedder {
    if let attached = attached.withLock({ $0 }) { return attached.embedder }
    guard let stored = try stored() else { throw GalleryError.noEmbedder(path: path) }
    throw GalleryError.embedderNotAttached(name: stored.name)
  }

  /// Embeds one input, and checks what came out before anybody else sees it.
  func embed(_ input: EmbedderInput) throws -> [Float] {
    let embedder = try liveEmbedder()
    let vector = try embedder.embed(input)
    guard vector.count == embedder.specification.dimension else {
      throw EmbedderError(
        input: input,
        reason: "the embedder \"\(embedder.specification.name)\" returned \(vector.count) values and says it makes "
          + "\(embedder.specification.dimension)")
    }
    return vector
  }

  /// An embedder that was the gallery's when it was attached.
  struct AttachedEmbedder: Sendable {
    var embedder: any Embedder
    var specification: EmbedderSpecification
    var stored: StoredEmbedder
  }

  /// What of an embedder decides whether vectors may be compared.
  struct StoredEmbedder: Sendable, Hashable {
    var name: String
    var dimension: Int
    var metric: Metric
    var sha256: String?

    init(_ row: EmbedderRow) {
      (name, dimension, metric, sha256) = (row.name, row.dimension, row.metric, row.sha256)
    }

    init(_ specification: EmbedderSpecification) {
      (name, dimension) = (Name.composed(specification.name), specification.dimension)
      (metric, sha256) = (specification.metric, specification.sha256)
    }
  }

  private func stored() throws -> StoredEmbedder? { try reading { db in try Self.storedEmbedder(in: db) } }

  private static func storedEmbedder(in db: Database) throws -> StoredEmbedder? {
    try EmbedderRow.stored(in: db).map(StoredEmbedder.init)
  }

  /// True, or an error that names what differs.
  private func agrees(_ stored: StoredEmbedder, _ offered: EmbedderSpecification) throws -> Bool {
    let difference: String? =
      if Name.composed(offered.name) != stored.name {
        "another name"
      } else if offered.dimension != stored.dimension {
        "\(offered.dimension) values a vector instead of \(stored.dimension)"
      } else if offered.metric != stored.metric {
        "the metric \(offered.metric.rawValue) instead of \(stored.metric.rawValue)"
      } else if offered.sha256 != stored.sha256 {
        "another model: SHA-256 \(Self.brief(offered.sha256)) instead of \(Self.brief(stored.sha256))"
      } else {
        nil
      }
    guard let difference else { return true }
    throw GalleryError.otherEmbedder(stored: stored.name, offered: offered.name, difference: difference)
  }

  private static func brief(_ sha256: String?) -> String { sha256.map { $0.prefix(12) + "…" } ?? "none" }

  /// The name under which `specification` is stored, if it can be.
  private static func checked(_ specification: EmbedderSpecification) throws -> String {
    let name = try Name.checked(specification.name)
    if !(1...65_536).contains(specification.dimension) {
      throw GalleryError.invalidEmbedder(
        reason: "the embedder \"\(name)\" makes \(specification.dimension) values a vector: a gallery holds 1 to 65536")
    }
    if specification.kind.allSatisfy(\.isWhitespace) {
      throw GalleryError.invalidEmbedder(
        reason: "the embedder \"\(name)\" has no kind: say image, series, word, caption or vector")
    }
    if specification.kind.utf8.contains(0) {
      throw GalleryError.invalidEmbedder(
        reason: "the kind of the embedder \"\(name)\" holds a NUL, where SQL ends a text: leave it out")
    }
    let card = try? JSONDecoder().decode(JSONValue.self, from: Data(specification.card.utf8))
    guard case .object? = card else {
      throw GalleryError.invalidEmbedder(reason: "the card of the embedder \"\(name)\" is no JSON object: give {}")
    }
    let isHash = specification.sha256.map { $0.utf8.count == 64 && $0.utf8.allSatisfy(Self.isHexadecimal) } ?? true
    if !isHash || (specification.model != nil && specification.sha256 == nil) {
      throw GalleryError.invalidEmbedder(
        reason: "the embedder \"\(name)\" has no proper SHA-256: 64 lower-case hexadecimal digits of its model")
    }
    if let model = specification.model, let sha256 = specification.sha256, sha256 != Digest.of(model) {
      throw GalleryError.invalidEmbedder(
        reason: "the SHA-256 of the embedder \"\(name)\" is not that of its model: describe the embedder anew, with "
          + "its model, and the hash is computed")
    }
    return name
  }

  static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
