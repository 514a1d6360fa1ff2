import Networks

/// The multi-class N-pair loss (Sohn 2016): each anchor's positive against the positives of all other identities,
///
///     ln( 1 + Σ_{j ≠ i} exp(s (aᵢ·pⱼ − aᵢ·pᵢ)) ),   mean over the anchors
///
/// The rows of an identity are taken two by two, in their order: anchor, positive. On the unit sphere similarities end
/// at 1, so they are scaled by s; the paper's penalty on lengths has nothing to do there.
public struct NPairLoss: EmbeddingLoss {
  /// s.
  public var scale: Float

  /// Makes the loss for a scale greater than zero.
  public init(scale: Float = 16) {
    self.scale = scale
  }

  /// Evaluates each round of one pair an identity, and takes the mean over all anchors.
  public func evaluate(_ batch: LossBatch) -> LossValue {
    let (values, n) = (batch.embeddings.values, batch.count)
    var rowsOf: [Int: [Int]] = [:]
    for (row, label) in batch.labels.enumerated() { rowsOf[label, default: []].append(row) }
    let identities = rowsOf.keys.sorted()
    let similarities = Similarities(values, values, dimension: batch.dimension)
    var derivatives = [Float](repeating: 0, count: n * n)
    var (total, anchors, wrong) = (0.0, 0, 0)
    let rounds = (rowsOf.values.map(\.count).max() ?? 0) / 2
    for round in 0..<rounds {
      let pairs = identities.compactMap { identity -> (anchor: Int, positive: Int)? in
        guard let rows = rowsOf[identity], rows.count >= 2 * round + 2 else { return nil }
        return (rows[2 * round], rows[2 * round + 1])
      }
      guard pairs.count > 1 else { continue }
      for pair in pairs {
        // ln(1 + Σ exp(s_j − s_i)) = ln Σ exp(s_j) − s_i, the sum over all of the round.
        let all = LogSumExp(pairs.map { scale * similarities[pair.anchor, $0.positive] })
        let own = similarities[pair.anchor, pair.positive]
        total += all.value - Double(scale * own)
        anchors += 1
        if pairs.contains(where: { similarities[pair.anchor, $0.positive] > own }) { wrong += 1 }
        for (other, share) in zip(pairs, all.shares) {
          derivatives[pair.anchor * n + other.positive] += scale * share
        }
        derivatives[pair.anchor * n + pair.positive] -= scale
      }
    }
    return similarities.value(
      of: total, derivatives, values, terms: anchors, active: wrong, shape: batch.embeddings.shape)
  }
}
