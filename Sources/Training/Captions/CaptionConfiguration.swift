/// How two towers are trained: everything that, with the data, decides the result to the bit.
public struct CaptionConfiguration: Sendable, Codable, Hashable {
  /// Pairs of towers that are trained apart and joined.
  public var members = 2
  /// Pairs of towers in closed form beside them, whose features are pictures' patches; see `CaptionPatches`.
  public var patchTowers = 2
  /// Values of an embedding that one pair makes.
  public var dimension = 128
  /// Values of a row in the text tower's table.
  public var width = 128
  /// Pictures in a batch.
  public var batch = 128
  /// Optimisation steps of one pair of towers.
  public var steps = 750
  /// Steps between two looks at the validation concepts.
  public var stepsPerEpoch = 50
  /// The one-cycle schedule's highest learning rate.
  public var peakRate = 2e-3
  /// How many times faster rows of the table learn.
  public var rowRate = 5.0
  /// The deviation of the table's first values.
  public var rowDeviation = 0.3
  /// Decoupled weight decay (AdamW).
  public var weightDecay = 2e-2
  /// Dropout before the picture tower's last layer.
  public var dropout = 0.2
  /// The decay of the exponential moving average of the weights, a step.
  public var averageDecay = 0.99
  /// τ at the beginning.
  public var temperature = 0.07
  /// The probability that a word of a caption is left out.
  public var wordDropout = 0.15
  /// The probability that a word is known by its pieces only.
  public var wholeDropout = 0.15
  /// What the loss between drawings of one concept counts beside the loss between drawings and captions.
  public var pictureLoss = 0.25
  /// What drawings are put through before each step.
  public var augmentation = DrawingAugmentation.drawings
  /// The share of concepts set aside to steer by; 0 for none.
  public var validationShare = 0.05
  /// Looks at the validation concepts without a gain after which training ends; nil for the whole schedule, as what the
  /// last steps at low rates gain is worth more than any look before.
  public var patience: Int?
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
    try check((1...16).contains(members), "pairs of towers", "must be from 1 to 16")
    try check((0...16).contains(patchTowers), "pairs of towers of patches", "must be from 0 to 16")
    try check((2...4_096).contains(dimension), "dimension", "must be from 2 to 4096 for each pair of towers")
    try check((2...4_096).contains(width), "width", "must be from 2 to 4096")
    try check((2...16_384).contains(batch), "batch", "must be from 2 to 16384")
    try check((1...10_000_000).contains(steps), "steps", "must be from 1 to 10000000")
    try check(stepsPerEpoch >= 1, "steps in an epoch", "must be at least 1")
    try check(peakRate > 0 && peakRate <= 1, "rate", "must be above 0 and at most 1")
    try check(rowRate > 0 && rowRate <= 1_000, "rate of rows", "must be above 0 and at most 1000")
    try check(rowDeviation >= 0 && rowDeviation <= 10, "deviation of rows", "must be from 0 to 10")
    try check(weightDecay >= 0 && weightDecay < 1, "weight decay", "must be from 0 to below 1")
    try check((0..<1).contains(dropout), "dropout", "must be from 0 to below 1")
    try check(averageDecay >= 0 && averageDecay < 1, "average decay", "must be from 0 to below 1")
    try check((0.001...10).contains(temperature), "temperature", "must be from 0.001 to 10")
    try check((0...0.9).contains(wordDropout), "dropout of words", "must be from 0 to 0.9")
    try check((0...1).contains(wholeDropout), "dropout of whole words", "must be from 0 to 1")
    try check((0...100).contains(pictureLoss), "loss between pictures", "must be from 0 to 100")
    try check((0...0.5).contains(validationShare), "validation share", "must be from 0 to 0.5")
    try check(patience.map { $0 >= 1 } ?? true, "patience", "must be at least 1")
  }
}
