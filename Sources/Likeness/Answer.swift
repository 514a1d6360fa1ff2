/// The answer to a probe: candidates, nearest first, and how they were found.
///
/// Candidates are leads for review, never identifications: a gallery always has a nearest identity, also for a
/// stranger.
public struct Answer: Sendable, Hashable, Codable {
  /// The candidates, nearest first; equal distances in the order of enrolment.
  public var candidates: [Candidate]
  /// How the candidates were looked for.
  public var foundBy: FoundBy
  /// The size of the gallery that answered, at the moment it answered.
  public var gallerySize: GallerySize
  /// The name of the embedder whose vectors were compared.
  public var embedder: String
  /// Whether the nearest candidate counts as a match; nil where no threshold was given.
  public var decision: Decision?
  /// Why the answer is short, or what was left out of it, as a sentence; nil where there is nothing to say.
  public var note: String?

  /// How candidates were looked for.
  public enum FoundBy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Through the HNSW graph: approximate, the distances exact.
    case graph
    /// Every vector was compared.
    case exact
    /// Through the graph or by comparing, among the vectors that a filter allowed.
    case filtered
  }

  /// How many identities and embeddings a gallery holds.
  public struct GallerySize: Sendable, Hashable, Codable {
    /// The number of identities, those without embeddings too.
    public var identities: Int
    /// The number of embeddings that can be found; damaged ones are not counted.
    public var embeddings: Int

    /// Makes a size.
    public init(identities: Int, embeddings: Int) {
      self.identities = identities
      self.embeddings = embeddings
    }
  }

  /// What a threshold says of the nearest candidate.
  public enum Decision: String, Sendable, Hashable, Codable, CaseIterable {
    /// The nearest candidate is within the threshold.
    case match
    /// No candidate is within the threshold: a stranger, as far as this gallery can tell.
    case noMatch = "no_match"
    /// Neither can be said.
    case undecided
  }

  /// Makes an answer.
  public init(
    candidates: [Candidate], foundBy: FoundBy, gallerySize: GallerySize, embedder: String, decision: Decision? = nil,
    note: String? = nil
  ) {
    self.candidates = candidates
    self.foundBy = foundBy
    self.gallerySize = gallerySize
    self.embedder = embedder
    self.decision = decision
    self.note = note
  }

  private enum CodingKeys: String, CodingKey {
    case gallerySize = "gallery_size"
    case foundBy = "found_by"
    case embedder, candidates, decision, note
  }

  /// Encodes every key, `null` where there is no value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(gallerySize, forKey: .gallerySize)
    try container.encode(foundBy, forKey: .foundBy)
    try container.encode(embedder, forKey: .embedder)
    try container.encode(candidates, forKey: .candidates)
    try container.encode(decision, forKey: .decision)
    try container.encode(note, forKey: .note)
  }
}

/// One line of an answer.
public struct Candidate: Sendable, Hashable, Codable {
  /// The identity's name.
  public var identity: String
  /// The exact float32 distance from the probe to `embedding`, in the metric's own unit.
  public var distance: Float
  /// The embedding that was nearest.
  public var embedding: EmbeddingID
  /// Where that embedding came from, as its enrolment said.
  public var source: String?

  /// Makes a candidate.
  public init(identity: String, distance: Float, embedding: EmbeddingID, source: String? = nil) {
    self.identity = identity
    self.distance = distance
    self.embedding = embedding
    self.source = source
  }

  private enum CodingKeys: String, CodingKey { case identity, distance, embedding, source }

  /// Encodes every key, `null` where there is no source.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(identity, forKey: .identity)
    try container.encode(distance, forKey: .distance)
    try container.encode(embedding, forKey: .embedding)
    try container.encode(source, forKey: .source)
  }
}
