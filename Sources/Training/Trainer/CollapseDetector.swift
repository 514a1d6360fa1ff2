/// Notices when all embeddings run together.
///
/// A collapse has a signature: the loss sits at what equal embeddings cost (the margin, for the triplet loss) while the
/// distances within a batch go to zero. A hard beginning touches that cost too, so both must last.
struct CollapseDetector: Sendable, Codable {
  private let cost: Double?
  private let smallest: Double
  private let patience: Int
  private var run = 0

  /// - Parameters:
  ///   - cost: what a batch of equal embeddings costs; nil where that says nothing.
  ///   - smallest: the mean distance below which a batch has run together.
  ///   - patience: how many steps in a row must carry the signature.
  init(cost: Double?, smallest: Double, patience: Int = 25) {
    self.cost = cost
    self.smallest = smallest
    self.patience = patience
  }

  /// For the loss and its settings.
  init(_ settings: LossSettings) {
    // A quarter of the triplet loss's margin; the other losses have no distance of their own.
    self.init(
      cost: settings.loss.costOfCollapse, smallest: settings.kind == .triplet ? 0.25 * Double(settings.margin) : 0.05)
  }

  /// Takes in a step; true when it completes a collapse.
  ///
  /// - Parameters:
  ///   - loss: the step's mean loss over all its terms.
  ///   - meanDistance: the mean distance within the step's batch.
  mutating func observe(loss: Double, meanDistance: Double) -> Bool {
    let isAtCost = cost.map { abs(loss - $0) < 0.05 * $0 } ?? true
    run = isAtCost && meanDistance < smallest ? run + 1 : 0
    return run >= patience
  }
}
