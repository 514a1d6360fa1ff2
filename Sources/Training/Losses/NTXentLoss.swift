import Networks

/// The normalized-temperature cross entropy (Chen et al. 2020, arXiv 2002.05709), for any number of positives:
///
///     −ln( exp(eᵢ·e_p/τ) / (exp(eᵢ·e_p/τ) + Σ_{n: another identity} exp(eᵢ·e_n/τ)) ),   mean over all pairs (i, p)
///
/// A positive competes with strangers only, never with the anchor's other positives; with two rows an identity this is
/// the loss of SimCLR.
public struct NTXentLoss: EmbeddingLoss {
  /// τ: the smaller, the more the nearest strangers count.
  public var temperature: Float

  /// Makes the loss for a temperature greater than zero.
  public init(temperature: Float = 0.1) {
    self.temperature = temperature
  }

  /// All rows with all others.
  public func evaluate(_ batch: LossBatch) -> LossValue {
    let labels = batch.labels
    return Similarities.loss(of: batch) { i, similarities, derivatives in
      let negatives = labels.indices.filter { labels[$0] != labels[i] }
      guard !negatives.isEmpty else { return (0, 0, 0) }
      var (total, pairs, wrong) = (0.0, 0, 0)
      let nearest = negatives.reduce(-Float.infinity) { max($0, similarities[i, $1]) }
      for positive in labels.indices where positive != i && labels[positive] == labels[i] {
        let near = similarities[i, positive] / temperature
        let all = LogSumExp([near] + negatives.map { similarities[i, $0] / temperature })
        total += all.value - Double(near)
        pairs += 1
        if similarities[i, positive] < nearest { wrong += 1 }
        derivatives[positive] += (all.shares[0] - 1) / temperature
        for (negative, share) in zip(negatives, all.shares.dropFirst()) { derivatives[negative] += share / temperature }
      }
      return (total, pairs, wrong)
    }
  }
}
