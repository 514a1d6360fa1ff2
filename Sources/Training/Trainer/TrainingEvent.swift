/// What a training says while it runs.
public enum TrainingEvent: Sendable {
  /// So many trainings will follow, a scout's included, the first of them configured like this.
  case planned(trainings: Int, configuration: TrainingConfiguration)
  /// A training begins, on so many inputs of so many identities, with others set aside.
  case started(inputs: Int, identities: Int, validationIdentities: Int, parameters: Int)
  /// A training goes on after an epoch that was kept before it was cut off.
  case resumed(epoch: Int)
  /// A step is done, of at most so many; the progress is from 0 to 1, by the clock where the training has a time to keep.
  case step(Int, of: Int, loss: Double, progress: Double)
  /// An epoch ended.
  case epoch(EpochRecord)
  /// All embeddings ran together; training starts afresh as described.
  case collapsed(CollapseRecord)
}

/// One epoch of a training.
public struct EpochRecord: Sendable, Codable, Hashable {
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
}

/// A collapse that was noticed, and what was done about it.
public struct CollapseRecord: Sendable, Codable, Hashable {
  /// The step at which it was noticed.
  public var step: Int
  /// The mean loss then: at the margin, which is what a triplet of equal embeddings costs.
  public var loss: Double
  /// The mean distance between two embeddings then.
  public var meanDistance: Double
  /// The peak rate of the fresh start.
  public var nextRate: Double
  /// The miner of the fresh start.
  public var nextMiner: TripletMiner

  /// What happened and what is done, as a sentence.
  public var sentence: String {
    """
    all embeddings ran together at step \(step) (loss \(Self.short(loss)), mean distance \(Self.short(meanDistance))): \
    starting afresh with the \(nextMiner.rawValue) miner at a peak rate of \(Float(nextRate))
    """
  }

  private static func short(_ value: Double) -> String {
    "\((value * 10_000).rounded() / 10_000)"
  }
}
