/// What a gallery's index is made of, as ``Gallery/info()`` reads it.
public struct IndexSummary: Sendable, Hashable, Codable {
  /// Bytes by what they hold.
  public var bytes: Bytes
  /// Bytes in memory divided by the number of vectors; 0 where there are none.
  public var bytesPerVector: Int
  /// How it was built.
  public var parameters: Parameters

  /// Bytes by what they hold.
  public struct Bytes: Sendable, Hashable, Codable {
    /// The exact vectors in memory; 0 in a compact gallery.
    public var vectors: Int
    /// The exact vectors in a mapped file; 0 but in a compact gallery. Not memory: the system keeps there what is used.
    public var mapped: Int
    /// The codes that searches walk by.
    public var codes: Int
    /// The links of the graph.
    public var links: Int
    /// The ids, and where each one's vector is.
    public var ids: Int
    /// The rest, what is kept for searches to come above all.
    public var other: Int
    /// All that is in memory: everything here but `mapped`.
    public var total: Int
  }

  /// How an index was built; see ``GalleryConfiguration``.
  public struct Parameters: Sendable, Hashable, Codable {
    /// Neighbours a node keeps on each level.
    public var M: Int
    /// How widely neighbours are looked for when a vector is added.
    public var efConstruction: Int
    /// The seed of the graph's levels.
    public var seed: UInt64
    /// Up to this many vectors every one is compared.
    public var exactBelow: Int
    /// How many threads may work on one change.
    public var threads: Int
    /// Whether the exact vectors are in a mapped file.
    public var compact: Bool

    private enum CodingKeys: String, CodingKey {
      case M, seed, threads, compact
      case efConstruction = "ef_construction"
      case exactBelow = "exact_below"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case bytes, parameters
    case bytesPerVector = "bytes_per_vector"
  }
}
