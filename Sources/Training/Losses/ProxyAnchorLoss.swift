import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Proxy anchor (Kim et al. 2020, arXiv 2003.13911): every identity's proxy is an anchor for the whole batch,
///
///     1/|P⁺| Σ_{p ∈ P⁺} ln(1 + Σ_{e of p} exp(−α (cos(e, p) − δ)))
///     + 1/|P| Σ_p ln(1 + Σ_{e not of p} exp(α (cos(e, p) + δ)))
///
/// P are all proxies, P⁺ those of identities in the batch. Proxies are learned and thrown away after the training.
public struct ProxyAnchorLoss: EmbeddingLoss {
  /// α.
  public var scale: Float
  /// δ.
  public var margin: Float

  /// Makes the loss.
  public init(scale: Float = 32, margin: Float = 0.1) {
    self.scale = scale
    self.margin = margin
  }

  /// One proxy an identity.
  public var takesHead: Bool { true }

  /// Both sums.
  public func evaluate(_ batch: LossBatch) -> LossValue {
    guard let cosines = HeadCosines(batch) else { return .withoutHead(batch) }
    let (labels, identities) = (batch.labels, cosines.identities)
    let present = Set(labels).count
    var derivatives = [Float](repeating: 0, count: labels.count * identities)
    var (total, wrong) = (0.0, 0)
    for identity in 0..<identities {
      let own = labels.indices.filter { labels[$0] == identity }
      let others = labels.indices.filter { labels[$0] != identity }
      if !own.isEmpty {
        let near = Self.softplus(own.map { -scale * (cosines[$0, identity] - margin) })
        total += near.value / Double(present)
        for (row, share) in zip(own, near.shares) {
          derivatives[row * identities + identity] -= scale * share / Float(present)
        }
      }
      if !others.isEmpty {
        let far = Self.softplus(others.map { scale * (cosines[$0, identity] + margin) })
        total += far.value / Double(identities)
        for (row, share) in zip(others, far.shares) {
          derivatives[row * identities + identity] += scale * share / Float(identities)
        }
      }
    }
    for (row, label) in labels.enumerated()
    where (0..<identities).contains(where: { $0 != label && cosines[row, $0] > cosines[row, label] }) { wrong += 1 }
    return cosines.value(
      loss: total, derivatives: derivatives, active: Double(wrong) / Double(max(labels.count, 1)),
      shape: batch.embeddings.shape)
  }

  /// `ln(1 + Σ exp(xᵢ))` and its derivatives `exp(xᵢ) / (1 + Σ exp)`.
  private static func softplus(_ logits: [Float]) -> (value: Double, shares: [Float]) {
    let all = LogSumExp([0] + logits)
    return (all.value, Array(all.shares.dropFirst()))
  }
}
