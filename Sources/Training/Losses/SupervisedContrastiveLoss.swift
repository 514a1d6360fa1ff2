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
    let (values, labels, n) = (batch.embeddings.values, batch.labels, batch.count)
    let similarities = Similarities(values, values, dimension: batch.dimension)
    var derivatives = [Float](repeating: 0, count: n * n)
    var (total, anchors, wrong) = (0.0, 0, 0)
    for i in 0..<n {
      let others = (0..<n).filter { $0 != i }
      let positives = others.filter { labels[$0] == labels[i] }
      guard !positives.isEmpty, positives.count < others.count else { continue }
      let all = LogSumExp(others.map { similarities[i, $0] / temperature })
      let mean = positives.reduce(0.0) { $0 + Double(similarities[i, $1]) } / Double(positives.count)
      total += all.value - mean / Double(temperature)
      anchors += 1
      if let nearest = others.max(by: { similarities[i, $0] < similarities[i, $1] }), labels[nearest] != labels[i] {
        wrong += 1
      }
      for (other, share) in zip(others, all.shares) { derivatives[i * n + other] += share / temperature }
      for positive in positives { derivatives[i * n + positive] -= 1 / (temperature * Float(positives.count)) }
    }
    return similarities.value(
      of: total, derivatives, values, terms: anchors, active: wrong, shape: batch.embeddings.shape)
  }
}

extension Similarities {
  /// The mean of `total` over `terms`, with the gradient of rows that were compared with themselves.
  func value(
    of total: Double, _ derivatives: [Float], _ rows: [Float], terms: Int, active: Int, shape: [Int]
  ) -> LossValue {
    let share = 1 / Float(max(terms, 1))
    let scaled = derivatives.map { $0 * share }
    var gradient = [Float](repeating: 0, count: rows.count)
    backward(scaled, rows, into: &gradient)
    backwardTransposed(scaled, rows, into: &gradient)
    return LossValue(
      loss: total / Double(max(terms, 1)), gradient: Tensor(shape: shape, values: gradient),
      active: Double(active) / Double(max(terms, 1)))
  }
}
