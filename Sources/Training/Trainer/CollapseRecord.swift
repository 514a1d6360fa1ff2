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
