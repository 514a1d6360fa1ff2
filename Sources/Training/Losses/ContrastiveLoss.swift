import Networks

/// The contrastive loss over the pairs of the batch's triplets: `‖E(a) − E(p)‖²` of those who belong together, and
/// `max(margin − ‖E(a) − E(n)‖, 0)²` of those who do not (Hadsell, Chopra & LeCun 2006).
public struct ContrastiveLoss: EmbeddingLoss {
  /// How far apart two identities must be before a pair of them costs nothing.
  public var margin: Float

  /// Makes the loss for a margin greater than zero, below the sphere's diameter of 2.
  public init(margin: Float = 1) {
    self.margin = margin
  }

  /// The pairs come from triplets.
  public var takesTriplets: Bool { true }
  /// The margin's square.
  public var costOfCollapse: Double? { Double(margin * margin) }

  /// The weighted mean over the triplets of both pairs' costs together.
  public func evaluate(_ batch: LossBatch) -> LossValue {
    var pull = PairPull(batch.distances)
    var (total, weight, active) = (0.0, 0.0, 0)
    for triplet in batch.triplets {
      let near = batch.distances[triplet.anchor, triplet.positive]
      let short = margin - batch.distances[triplet.anchor, triplet.negative]
      weight += Double(triplet.weight)
      total += Double(near * near * triplet.weight)
      pull.add(2 * near * triplet.weight, triplet.anchor, triplet.positive)
      if short <= 0 { continue }
      active += 1
      total += Double(short * short * triplet.weight)
      pull.add(-2 * short * triplet.weight, triplet.anchor, triplet.negative)
    }
    let share = max(weight, 1e-12)
    return LossValue(
      loss: total / share, gradient: pull.gradient(batch.embeddings, over: Float(share)),
      active: Double(active) / Double(max(batch.triplets.count, 1)))
  }
}
