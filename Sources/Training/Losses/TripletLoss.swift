import Networks

/// An anchor, a positive (same identity) and a negative (another identity), as rows of a batch.
public struct Triplet: Sendable, Hashable {
  /// The row that both others are compared with.
  public var anchor: Int
  /// Another picture of the anchor's identity.
  public var positive: Int
  /// A picture of any other identity.
  public var negative: Int
  /// How much it counts beside the others.
  public var weight: Float

  /// Makes a triplet of rows.
  public init(anchor: Int, positive: Int, negative: Int, weight: Float = 1) {
    self.anchor = anchor
    self.positive = positive
    self.negative = negative
    self.weight = weight
  }
}

/// The triplet loss: `max(‖E(a) − E(p)‖₂ − ‖E(a) − E(n)‖₂ + margin, 0)`, on unsquared distances.
///
/// Squared distances collapse more easily (Hermans, Beyer & Leibe 2017, arXiv 1703.07737); with unsquared ones the
/// margin is a distance in the embedding's own unit.
public struct TripletLoss: Sendable, Codable, Hashable {
  /// How much nearer than the negative the positive must be before a triplet costs nothing.
  public var margin: Float

  /// Makes the loss for a margin greater than zero.
  public init(margin: Float = 0.2) {
    self.margin = margin
  }

  /// What a batch of triplets costs, and the direction that lowers it.
  public struct Value: Sendable {
    /// The weighted mean over the triplets.
    public var loss: Double
    /// The loss's derivative for the embeddings, shape `[n, dimension]`.
    public var gradient: Tensor
    /// The share of triplets that cost anything.
    public var active: Double
  }

  /// Evaluates the loss and its gradient.
  ///
  /// A distance of zero has no direction; its part of the gradient is zero, not a division by zero. The mean is taken
  /// over the triplets that cost something when `overActive` is set (Hermans et al., "batch all, non-zero mean"),
  /// else over all of them, and weighted by the triplets' weights either way.
  ///
  /// - Parameters:
  ///   - embeddings: shape `[n, dimension]`.
  ///   - distances: the pair distances of `embeddings`.
  ///   - triplets: rows of `embeddings`.
  ///   - overActive: which triplets the mean is taken over.
  public func evaluate(
    _ embeddings: Tensor, distances: PairDistances, triplets: [Triplet], overActive: Bool = false
  ) -> Value {
    let dimension = embeddings.shape[1]
    var gradient = Tensor(shape: embeddings.shape)
    var total = 0.0
    var weight = 0.0
    var active = 0
    // Coefficients of (eᵢ − eⱼ) per ordered pair first, vectors after: a pair is shared by many triplets.
    var pull = [Float](repeating: 0, count: distances.count * distances.count)
    for triplet in triplets {
      let near = distances[triplet.anchor, triplet.positive]
      let far = distances[triplet.anchor, triplet.negative]
      let cost = near - far + margin
      // Written so that NaN counts as a cost and reaches the caller's check.
      let isFree = cost <= 0
      if !(isFree && overActive) { weight += Double(triplet.weight) }
      if isFree { continue }
      total += Double(cost * triplet.weight)
      active += 1
      pull[triplet.anchor * distances.count + triplet.positive] += triplet.weight
      pull[triplet.anchor * distances.count + triplet.negative] -= triplet.weight
    }
    let share = Float(max(weight, 1e-12))
    embeddings.withUnsafeBufferPointer { rows in
      gradient.withUnsafeMutableBufferPointer { out in
        for i in 0..<distances.count {
          for j in 0..<distances.count {
            let coefficient = pull[i * distances.count + j]
            let distance = distances[i, j]
            guard coefficient != 0, distance > 1e-12 else { continue }
            let scale = coefficient / (distance * share)
            for d in 0..<dimension {
              let step = scale * (rows[i * dimension + d] - rows[j * dimension + d])
              out[i * dimension + d] += step
              out[j * dimension + d] -= step
            }
          }
        }
      }
    }
    return Value(
      loss: total / max(weight, 1e-12), gradient: gradient, active: Double(active) / Double(max(triplets.count, 1)))
  }
}
