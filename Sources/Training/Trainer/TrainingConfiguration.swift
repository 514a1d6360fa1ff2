/// How a network is trained: everything that, with the data, decides the result to the bit.
public struct TrainingConfiguration: Sendable, Codable, Hashable {
  /// How batches are put together.
  public enum Batches: String, Sendable, Codable, Hashable, CaseIterable {
    /// Identities in random order.
    case shuffled
    /// Half of the identities in random order, each with the one that the network takes for it most often: found at every
    /// epoch's start by the index, among all training embeddings.
    case confused
  }

  /// The loss.
  public var loss = LossSettings(.triplet)
  /// Which triplets of a batch are trained on, by the losses that take triplets.
  public var miner = TripletMiner.semiHard
  /// How batches are put together.
  public var batches = Batches.shuffled
  /// β of the soft-hard miner at the beginning and, from half of the steps on, at the end.
  public var hardness: [Float] = [2, 10]
  /// Identities in a batch (P).
  public var identitiesPerBatch = 10
  /// Inputs of each (K).
  public var inputsPerIdentity = 4
  /// Optimisation steps in all.
  public var steps = 400
  /// Steps between two looks at the validation identities.
  public var stepsPerEpoch = 20
  /// The one-cycle schedule's highest learning rate.
  public var peakRate: Double = 3e-3
  /// Decoupled weight decay (AdamW).
  public var weightDecay: Double = 1e-4
  /// The decay of the exponential moving average of the weights, a step; 0 keeps the last weights.
  public var averageDecay: Double = 0.98
  /// What inputs are put through before each step.
  public var augmentation = Augmentation()
  /// Epochs without a better score on the validation identities after which a training ends early; nil for never. What
  /// is kept is the latest within a standard error of the best.
  public var patience: Int?
  /// The share of identities set aside to steer by; 0 for none.
  public var validationShare = 0.1
  /// Everything chance decides.
  public var seed: UInt64 = 1

  /// The defaults above.
  public init() {}

  /// Checks every setting's range.
  ///
  /// - Throws: ``TrainingError/badSetting(name:reason:)`` naming the first that is out of range.
  public func validate() throws {
    func check(_ holds: Bool, _ name: String, _ reason: String) throws {
      if !holds { throw TrainingError.badSetting(name: name, reason: reason) }
    }
    try loss.validate()
    try check(
      hardness.count == 2 && hardness.allSatisfy { $0 >= 0 && $0 <= 1000 }, "hardness",
      "must be two numbers from 0 to 1000")
    try check((2...4096).contains(identitiesPerBatch), "identities in a batch", "must be from 2 to 4096")
    try check((2...64).contains(inputsPerIdentity), "pictures of an identity in a batch", "must be from 2 to 64")
    try check((1...10_000_000).contains(steps), "steps", "must be from 1 to 10000000")
    try check(patience.map { $0 >= 1 } ?? true, "patience", "must be at least 1 epoch")
    try check(stepsPerEpoch >= 1, "steps in an epoch", "must be at least 1")
    try check(peakRate > 0 && peakRate <= 1, "rate", "must be above 0 and at most 1")
    try check(weightDecay >= 0 && weightDecay < 1, "weight decay", "must be from 0 to below 1")
    try check(averageDecay >= 0 && averageDecay < 1, "average decay", "must be from 0 to below 1")
    try check((0...0.5).contains(validationShare), "validation share", "must be from 0 to 0.5")
  }
}
