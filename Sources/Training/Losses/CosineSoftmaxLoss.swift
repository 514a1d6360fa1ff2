import Networks

/// A softmax over the training identities by the cosine with each one's direction (NormFace, Wang et al. 2017, arXiv
/// 1704.06369): `−ln( exp(s cos θ_y) / Σⱼ exp(s cos θ_j) )`, mean over the rows.
///
/// The identities' directions are the head, thrown away after the training.
public struct CosineSoftmaxLoss: EmbeddingLoss {
  /// s.
  public var scale: Float

  /// Makes the loss.
  public init(scale: Float = 16) {
    self.scale = scale
  }

  /// One direction an identity.
  public var takesHead: Bool { true }

  /// The mean over the rows.
  public func evaluate(_ batch: LossBatch) -> LossValue {
    guard let cosines = HeadCosines(batch) else { return .withoutHead(batch) }
    return cosines.crossEntropy(labels: batch.labels, scale: scale, shape: batch.embeddings.shape) { ($0, 1) }
  }
}
