/// Sums over the steps of an epoch.
struct EpochTally {
  /// What one step measured.
  struct Step {
    var loss: Double
    var active: Double
    var meanDistance: Double
    /// The mean distance of two rows of one identity.
    var positiveDistance: Double
    /// The mean distance of two rows of different identities.
    var negativeDistance: Double
    /// The length of the loss's gradient over all weights.
    var gradientNorm: Double
  }

  private var steps = 0
  private var sum = Step(
    loss: 0, active: 0, meanDistance: 0, positiveDistance: 0, negativeDistance: 0, gradientNorm: 0)

  mutating func add(_ step: Step) {
    steps += 1
    sum.loss += step.loss
    sum.active += step.active
    sum.meanDistance += step.meanDistance
    sum.positiveDistance += step.positiveDistance
    sum.negativeDistance += step.negativeDistance
    sum.gradientNorm += step.gradientNorm
  }

  func record(
    epoch: Int, step: Int, rate: Double, figures: ValidationScore.Figures?, seconds: Double
  ) -> EpochRecord {
    let count = Double(max(steps, 1))
    return EpochRecord(
      epoch: epoch, step: step, loss: sum.loss / count, active: sum.active / count,
      meanDistance: sum.meanDistance / count, positiveDistance: sum.positiveDistance / count,
      negativeDistance: sum.negativeDistance / count, gradientNorm: sum.gradientNorm / count, rate: rate,
      score: figures?.score, eer: figures?.eer, embeddingNorm: figures?.embeddingNorm, seconds: seconds)
  }
}
