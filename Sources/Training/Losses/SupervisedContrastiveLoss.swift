import Networks

/// The supervised contrastive loss, with the sum outside the logarithm (Khosla et al. 2020, arXiv 2004.11362, L_out):
///
///     −1/|P(i)| Σ_{p ∈ P(i)} ln( exp(eᵢ·e_p/τ) / Σ_{a ≠ i} exp(eᵢ·e_a/τ) ),   mean over the rows i that have positives
public struct SupervisedContrastiveLoss: EmbeddingLoss {
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
      let others = labels.indices.filter { $0 != i }
      let positives = others.filter { labels[$0] == labels[i] }
      guard !positives.isEmpty, positives.count < others.count else { return (0, 0, 0) }
      let all = LogSumExp(others.map { similarities[i, $0] / temperature })
      let mean = positives.reduce(0.0) { $0 + Double(similarities[i, $1]) } / Double(positives.count)
      let nearest = others.max { similarities[i, $0] < similarities[i, $1] }
      for (other, share) in zip(others, all.shares) { derivatives[other] += share / temperature }
      for positive in positives { derivatives[positive] -= 1 / (temperature * Float(positives.count)) }
      return (
        all.value - mean / Double(temperature), 1, nearest.map { labels[$0] != labels[i] ? 1 : 0 } ?? 0
      )
    }
  }
}
