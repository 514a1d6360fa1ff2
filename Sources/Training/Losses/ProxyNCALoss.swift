import Networks

/// Proxy-NCA (Movshovitz-Attias et al. 2017, arXiv 1703.07464): an embedding is drawn to its identity's proxy, and away
/// from all other identities' proxies,
///
///     −ln( exp(−s ‖e − p_y‖²) / Σ_{z ≠ y} exp(−s ‖e − p_z‖²) ),   mean over the rows
///
/// Proxies are learned points of the sphere, thrown away after the training; s is 1 in the paper. Its own proxy does not
/// stand below the line, so the loss falls below zero.
public struct ProxyNCALoss: EmbeddingLoss {
  /// s.
  public var scale: Float

  /// Makes the loss.
  public init(scale: Float = 8) {
    self.scale = scale
  }

  /// One proxy an identity.
  public var takesHead: Bool { true }

  /// The mean over the rows. With both of length 1, `‖e − p‖² = 2 − 2 cos`, and the 2 cancels.
  public func evaluate(_ batch: LossBatch) -> LossValue {
    guard let cosines = HeadCosines(batch), cosines.identities > 1 else { return .withoutHead(batch) }
    let (labels, identities) = (batch.labels, cosines.identities)
    let slope = 2 * scale / Float(max(labels.count, 1))
    var derivatives = [Float](repeating: 0, count: labels.count * identities)
    var (total, wrong) = (0.0, 0)
    for (row, label) in labels.enumerated() {
      let others = (0..<identities).filter { $0 != label }
      let all = LogSumExp(others.map { 2 * scale * cosines[row, $0] })
      total += all.value - Double(2 * scale * cosines[row, label])
      if others.contains(where: { cosines[row, $0] > cosines[row, label] }) { wrong += 1 }
      derivatives[row * identities + label] = -slope
      for (other, share) in zip(others, all.shares) { derivatives[row * identities + other] = slope * share }
    }
    let share = Double(max(labels.count, 1))
    return cosines.value(
      loss: total / share, derivatives: derivatives, active: Double(wrong) / share, shape: batch.embeddings.shape)
  }
}
