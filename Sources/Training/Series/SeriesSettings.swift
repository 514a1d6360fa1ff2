import Networks

/// How an encoder of series is trained: everything that, with the data, decides the result to the bit.
public struct SeriesSettings: Sendable, Codable, Hashable {
  /// Milliseconds from a sample to the next; nil for the data's own, 20 at least.
  public var step: Double?
  /// Samples in a window.
  public var window = 50
  /// Samples from a moment to the next.
  public var hop = 5
  /// What looks at the descriptions of moments.
  public enum Encoder: String, Sendable, Codable, Hashable, CaseIterable {
    /// A perceptron of one hidden layer on each moment alone.
    case perStep = "per-step"
    /// Dilated convolutions of three taps over 27 moments, 13 on either side of each.
    case dilated
  }

  /// What looks at the descriptions of moments.
  public var encoder = Encoder.dilated
  /// Values that the encoder makes of a moment.
  public var dimension = 128
  /// Units in the encoder's hidden layer; of the dilated one, in its last.
  public var hidden = 256
  /// The loss.
  public var loss = NeighbourPairLoss(temperature: 1, elsewhere: 0.03)
  /// Series in a batch.
  public var seriesPerBatch = 16
  /// Moments of each.
  public var momentsPerSeries = 48
  /// Optimisation steps in all.
  public var steps = 600
  /// Steps between two looks at the validation data.
  public var stepsPerEpoch = 50
  /// Epochs without a better validation loss after which training ends, in the second half of the steps.
  public var patience = 10
  /// The one-cycle schedule's highest learning rate.
  public var peakRate = 1e-3
  /// Decoupled weight decay (AdamW).
  public var weightDecay = 1e-2
  /// The share of a moment's description that is hidden from the encoder in each step.
  public var dropout = 0.3
  /// The decay of the exponential moving average of the weights, a step; 0 keeps the last weights.
  public var averageDecay = 0.98
  /// The share of subjects, or with fewer than five of each series' end, that is set aside to steer by.
  public var validationShare = 0.15
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
    if let step { try check(step > 0 && step <= 1e12, "step", "must be a number of milliseconds above 0") }
    try check((8...4096).contains(window), "window", "must be from 8 to 4096 samples")
    try check((1...window).contains(hop), "hop", "must be from 1 sample to a window's \(window)")
    try check((1...4096).contains(dimension), "dimension", "must be from 1 to 4096")
    try check((1...8192).contains(hidden), "hidden units", "must be from 1 to 8192")
    // Below it the exponentials of a moment that is unlike all others would be nothing.
    try check(loss.temperature >= 0.025 && loss.temperature <= 100, "temperature", "must be from 0.025 to 100")
    try check((0...1).contains(loss.elsewhere), "weight of other series", "must be from 0 to 1")
    try check((1...1000).contains(loss.reach), "reach", "must be from 1 to 1000 moments")
    try check((0...100_000).contains(loss.blind), "blind span", "must be from 0 to 100000 moments")
    try check((2...256).contains(seriesPerBatch), "series in a batch", "must be from 2 to 256")
    try check((2...1024).contains(momentsPerSeries), "moments of a series", "must be from 2 to 1024")
    try check((1...10_000_000).contains(steps), "steps", "must be from 1 to 10000000")
    try check(stepsPerEpoch >= 1, "steps in an epoch", "must be at least 1")
    try check(patience >= 1, "patience", "must be at least 1 epoch")
    try check(peakRate > 0 && peakRate <= 1, "rate", "must be above 0 and at most 1")
    try check(weightDecay >= 0 && weightDecay < 1, "weight decay", "must be from 0 to below 1")
    try check(dropout >= 0 && dropout < 1, "dropout", "must be from 0 to below 1")
    try check(averageDecay >= 0 && averageDecay < 1, "average decay", "must be from 0 to below 1")
    try check((0...0.5).contains(validationShare), "validation share", "must be from 0 to 0.5")
  }

  /// How many moments the encoder sees at a time.
  var span: Int { encoder == .dilated ? 27 : 1 }

  /// The encoder on top of descriptions of `count` values.
  func architecture(count: Int) throws -> Architecture {
    var layers: [LayerSpecification] = [.dropout(rate: dropout)]
    switch encoder {
    case .perStep: layers += [.linear(outputs: hidden), .relu]
    case .dilated:
      // Dilations of 1, 3 and 9 moments, computed where the middle one needs them.
      layers += [
        .sharedLinear(outputs: max(1, hidden / 4), groups: 9), .relu,
        .sharedLinear(outputs: max(1, hidden / 2), groups: 3), .relu, .linear(outputs: hidden), .relu,
      ]
    }
    return try Architecture(
      input: [span * count], layers: layers + [.linear(outputs: dimension), .l2Normalization])
  }
}
