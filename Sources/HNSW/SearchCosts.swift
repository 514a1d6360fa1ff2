/// What the ways to an answer cost, in nanoseconds of one core as measured on collections of 16 to 768 dimensions: enough
/// to choose between them.
struct SearchCosts {
  let dimension: Int

  /// Walking level 0 with ef candidates: a step reads a row of codes from memory that no prefetcher foresees, and the
  /// longer the pool, the more is moved.
  func walk(ef: Int) -> Double {
    let ef = Double(ef)
    return 2_000 + ef * (250 + ef / 20)
  }

  /// Comparing so many vectors one after the other.
  func scan(_ vectors: Int) -> Double {
    Double(vectors) * (3 + 0.15 * Double(dimension))
  }

  /// Comparing so many vectors here and there.
  func gather(_ vectors: Int) -> Double {
    Double(vectors) * (12 + 0.2 * Double(dimension))
  }

  /// Asking a filter about so many nodes one after the other.
  func ask(_ nodes: Int) -> Double {
    Double(nodes) * 1.5
  }
}
