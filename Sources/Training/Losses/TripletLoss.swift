import Networks

/// The triplet loss: `max(‖E(a) − E(p)‖₂ − ‖E(a) − E(n)‖₂ + margin, 0)`, on unsquared distances.
///
/// Squared distances collapse more easily (Hermans, Beyer & Leibe 2017, arXiv 1703.07737); with unsquared ones the
/// margin is a distance in the embedding's own unit.
public struct TripletLoss: EmbeddingLoss, Codable, Hashable {
  /// How much nearer than the negative the positive must be before a triplet costs nothing.
  public var margin: Float

  /// Makes the loss for a margin greater than zero.
  public init(margin: Float = 0.2) {
    self.margin = margin
  }

  /// It is.
  public var takesTriplets: Bool { true }
  /// The margin.
  public var costOfCollapse: Double? { Double(margin) }

  /// The weighted mean over the batch's triplets, of all or of those that cost something (Hermans et al., "batch all,
  /// non-zero mean").
  public func evaluate(_ batch: LossBatch) -> LossValue {
    var pull = PairPull(batch.distances)
    var total = 0.0
    var weight = 0.0
    var active = 0
    for triplet in batch.triplets {
      let near = batch.distances[triplet.anchor, triplet.positive]
      let far = batch.distances[triplet.anchor, triplet.negative]
      let cost = near - far + margin
      // Written so that NaN counts as a cost and reaches the caller's check.
      let isFree = cost <= 0
      if !(isFree && batch.averagesOverActive) { weight += Double(triplet.weight) }
      if isFree { continue }
      total += Double(cost * triplet.weight)
      active += 1
      pull.add(triplet.weight, triplet.anchor, triplet.positive)
      pull.add(-triplet.weight, triplet.anchor, triplet.negative)
    }
    return LossValue(
      loss: total / max(weight, 1e-12), gradient: pull.gradient(batch.embeddings, over: Float(max(weight, 1e-12))),
      active: Double(active) / Double(max(batch.triplets.count, 1)))
  }

  /// Evaluates the loss and its gradient for embeddings, shape `[n, dimension]`, and triplets of their rows.
  ///
  /// - Parameters:
  ///   - embeddings: shape `[n, dimension]`.
  ///   - distances: the pair distances of `embeddings`.
  ///   - triplets: rows of `embeddings`.
  ///   - overActive: whether the mean is taken over the triplets that cost something.
  public func evaluate(
    _ embeddings: Tensor, distances: PairDistances, triplets: [Triplet], overActive: Bool = false
  ) -> LossValue {
    evaluate(
      LossBatch(
        embeddings: embeddings, labels: [Int](repeating: 0, count: embeddings.shape[0]), distances: distances,
        triplets: triplets, averagesOverActive: overActive))
  }
}
