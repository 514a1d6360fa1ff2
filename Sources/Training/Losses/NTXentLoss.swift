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
    let (values, labels, n) = (batch.embeddings.values, batch.labels, batch.count)
    let similarities = Similarities(values, values, dimension: batch.dimension)
    var derivatives = [Float](repeating: 0, count: n * n)
    var (total, pairs, wrong) = (0.0, 0, 0)
    for i in 0..<n {
      let negatives = (0..<n).filter { labels[$0] != labels[i] }
      guard !negatives.isEmpty else { continue }
      let nearest = negatives.reduce(-Float.infinity) { max($0, similarities[i, $1]) }
      for positive in 0..<n where positive != i && labels[positive] == labels[i] {
        let near = similarities[i, positive] / temperature
        let all = LogSumExp([near] + negatives.map { similarities[i, $0] / temperature })
        total += all.value - Double(near)
        pairs += 1
        if similarities[i, positive] < nearest { wrong += 1 }
        derivatives[i * n + positive] += (all.shares[0] - 1) / temperature
        for (negative, share) in zip(negatives, all.shares.dropFirst()) {
          derivatives[i * n + negative] += share / temperature
        }
      }
    }
    return similarities.value(
      of: total, derivatives, values, terms: pairs, active: wrong, shape: batch.embeddings.shape)
  }
}
