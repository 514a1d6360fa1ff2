/// Notices when all embeddings run together.
///
/// A collapse has a signature: the triplet loss sits at its margin (what a triplet of equal embeddings costs) while the
/// distances within a batch go to zero. A hard beginning touches the margin too, so both must last.
struct CollapseDetector {
  private let margin: Double
  private let patience: Int
  private var run = 0

  /// - Parameters:
  ///   - margin: the loss's margin.
  ///   - patience: how many steps in a row must carry the signature.
  init(margin: Float, patience: Int = 25) {
    self.margin = Double(margin)
    self.patience = patience
  }

  /// Takes in a step; true when it completes a collapse.
  ///
  /// - Parameters:
  ///   - loss: the step's mean loss over all its triplets.
  ///   - meanDistance: the mean distance within the step's batch.
  mutating func observe(loss: Double, meanDistance: Double) -> Bool {
    let isAtMargin = abs(loss - margin) < 0.05 * margin
    let isShrunk = meanDistance < 0.25 * margin
    run = isAtMargin && isShrunk ? run + 1 : 0
    return run >= patience
  }
}
