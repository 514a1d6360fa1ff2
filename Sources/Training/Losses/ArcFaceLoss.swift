import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The additive angular margin (Deng et al. 2019, arXiv 1801.07698): a softmax over the training identities, in which an
/// embedding must come nearer to its own identity's direction than to all others by an angle,
///
///     −ln( exp(s cos(θ_y + m)) / (exp(s cos(θ_y + m)) + Σ_{j ≠ y} exp(s cos θ_j)) ),   mean over the rows
///
/// The identities' directions are the head, thrown away after the training. Beyond θ = π − m, where cos(θ + m) would
/// rise again, the logit goes on as cos θ − m sin m.
public struct ArcFaceLoss: EmbeddingLoss {
  /// s.
  public var scale: Float
  /// m, in radians.
  public var margin: Float

  /// Makes the loss.
  public init(scale: Float = 16, margin: Float = 0.3) {
    self.scale = scale
    self.margin = margin
  }

  /// One direction an identity.
  public var takesHead: Bool { true }

  /// The mean over the rows.
  public func evaluate(_ batch: LossBatch) -> LossValue {
    guard let cosines = HeadCosines(batch) else { return .withoutHead(batch) }
    let (cosM, sinM) = (cos(margin), sin(margin))
    return cosines.crossEntropy(labels: batch.labels, scale: scale, shape: batch.embeddings.shape) { cosine in
      guard cosine > -cosM else { return (cosine - margin * sinM, 1) }
      let sine = max(1 - cosine * cosine, 1e-6).squareRoot()
      return (cosine * cosM - sine * sinM, cosM + sinM * cosine / sine)
    }
  }
}
