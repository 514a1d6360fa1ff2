import Networks

/// A network, what moves it, and the moving average of its weights.
struct AveragedNetwork {
  let network: Network
  private var optimizer: AdamW
  private var average: WeightAverage?
  private let decay: Double

  /// - Parameters:
  ///   - decay: the average's memory, a step; 0 for the last weights instead of an average.
  init(_ network: Network, optimizer: AdamW, averageDecay decay: Double) {
    self.network = network
    self.optimizer = optimizer
    self.decay = decay
    average = decay > 0 ? WeightAverage(decay: decay) : nil
  }

  /// Moves the network against its gradients.
  ///
  /// - Parameter number: of the step, counted from 1.
  /// - Returns: the length of the gradient; where it is no finite number, nothing was moved.
  mutating func step(_ number: Int, rate: Double) -> Double {
    let norm = optimizer.step(network, rate: rate)
    guard norm.isFinite else { return norm }
    average?.decay = Self.decay(decay, at: number)
    average?.update(from: network)
    return norm
  }

  /// The memory of an average at a step: short at first, so that the beginning is soon forgotten.
  static func decay(_ decay: Double, at step: Int) -> Double { min(decay, Double(step) / Double(step + 9)) }

  /// The average, or the last weights where none is kept.
  var weights: [String: Tensor] { average?.weights ?? network.weights }

  /// What a resumed training needs, by names that begin with `name`.
  func tensors(_ name: String = "") -> [String: [String: Tensor]] {
    var tensors = [name + "network": network.weights, name + "optimizer": optimizer.state]
    tensors[name + "average"] = average?.weights
    return tensors
  }

  /// Goes on from ``tensors(_:)``.
  ///
  /// - Parameter passes: the network's `trainingPasses` then.
  /// - Throws: `NetworkError` where they do not fit.
  mutating func restore(_ tensors: [String: [String: Tensor]], _ name: String = "", passes: UInt64) throws {
    try network.load(tensors[name + "network"] ?? [:])
    network.trainingPasses = passes
    try optimizer.restore(tensors[name + "optimizer"] ?? [:], for: network)
    try average?.restore(tensors[name + "average"] ?? [:], for: network)
  }
}
