/// One epoch of a training of networks that embed pictures.
public struct EpochRecord: TrainedEpoch, Hashable {
  /// Counted from 1.
  public var epoch: Int
  /// Steps done at its end.
  public var step: Int
  /// The mean loss over the epoch's steps.
  public var loss: Double
  /// The share of triplets (of rows, for losses without) that cost anything.
  public var active: Double
  /// The mean distance between two embeddings of a batch.
  public var meanDistance: Double
  /// The mean distance between two embeddings of one identity.
  public var positiveDistance: Double
  /// The mean distance between embeddings of two identities.
  public var negativeDistance: Double
  /// The mean length of the gradient over all weights.
  public var gradientNorm: Double
  /// The learning rate at its end.
  public var rate: Double
  /// The figure by which the best epoch is chosen: the mean of MAP@R and TAR at FAR 1 % on the validation identities;
  /// nil where none were set aside.
  public var score: Double?
  /// The equal error rate on the validation identities.
  public var eer: Double?
  /// The mean length of the validation identities' embeddings before they are brought to length 1.
  public var embeddingNorm: Double?
  /// Seconds since training began.
  public var seconds: Double

  /// The rest by name.
  public var metrics: [String: Double] {
    var metrics = ["mean_distance": meanDistance, "active": active, "rate": rate]
    metrics["eer"] = eer
    metrics["score"] = score
    return metrics
  }
}
