/// What the ways to an answer cost, in nanoseconds of one core: enough to choose between them.
///
/// Fitted to measurements of collections of 5,000 to 100,000 vectors of 96 to 768 dimensions, within a third of each. What
/// lies beyond the caches costs more; how much more differs between machines, but for all ways alike.
struct SearchCosts {
  let dimension: Int
  /// Vectors in the index.
  let live: Int

  /// Bytes from which on nothing is found in a cache, of vectors and of nodes with their codes.
  private static let vectorsBeyondCaches = 40e6
  private static let nodesBeyondCaches = 100e6

  private var vectorBytes: Double { 4 * Double(dimension) }

  /// Walking level 0 with ef candidates: a step reads a row of codes from memory that no prefetcher foresees, and the
  /// longer the pool, the more is moved.
  func walk(ef: Int) -> Double {
    let beyond = min(Double(live) * (vectorBytes + 1_000) / Self.nodesBeyondCaches, 1)
    let ef = Double(ef)
    return 2_000 + ef * (240 + 100 * beyond + 0.03 * ef)
  }

  /// Comparing every vector.
  var scan: Double { compare(live) }

  /// Comparing so many vectors, the same ones search after search.
  func compare(_ vectors: Int) -> Double {
    let beyond = min(Double(vectors) * vectorBytes / Self.vectorsBeyondCaches, 1)
    return 500 + Double(vectors) * (8 + 0.1 * Double(dimension) * (1 + 1.2 * beyond))
  }

  /// Asking a filter about every node.
  var ask: Double { 3.5 * Double(live) }
}
