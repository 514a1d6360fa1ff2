/// Embeddings on the plane of the two directions in which they vary most: for people to look at.
public struct EmbeddingPlane: Sendable {
  /// Where each is.
  public let points: [(x: Double, y: Double)]
  /// The share of the variance that the plane shows.
  public let explained: Double

  /// Nil where there are fewer than three, or all are one.
  ///
  /// - Parameter embeddings: `[n, dimension]`, row after row.
  public init?(_ embeddings: [Float], dimension: Int) {
    let count = embeddings.count / max(1, dimension)
    guard count >= 3, dimension >= 2,
      let plane = try? PrincipalComponents.fit(embeddings, features: dimension, dimension: 2),
      let places = try? plane.project(embeddings)
    else { return nil }
    points = (0..<count).map { (Double(places[2 * $0]), Double(places[2 * $0 + 1])) }
    explained = plane.explained.reduce(0, +)
  }
}
