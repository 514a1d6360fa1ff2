import Networks

/// What is trained, an epoch at a time; when it ends, what is kept of it, and how it goes on after it was cut off is
/// ``TrainingLoop``'s.
package protocol Learner {
  /// What an epoch is remembered by.
  associatedtype Epoch: TrainedEpoch
  /// What a resumed training needs that is no tensor.
  associatedtype State: Sendable, Codable

  /// Trains for one epoch and looks at the result.
  ///
  /// - Parameters:
  ///   - place: where the training is; moved on.
  ///   - clock: the time used, and the time to keep where there is one.
  ///   - onEvent: hears of the steps.
  /// - Throws: ``TrainingError/lossNotFinite(step:epoch:kept:)`` where the loss or its gradient is no number.
  mutating func learn(_ place: inout TrainingPlace, clock: TrainingClock, onEvent: (TrainingEvent) -> Void) throws
    -> Epoch

  /// Whether the epoch that just ended is kept rather than the one kept so far. Asked once an epoch.
  mutating func prefers(_ epoch: Epoch, to kept: Epoch?, at place: TrainingPlace) -> Bool

  /// Whether nothing better is to be expected, the one kept being so many epochs old.
  func isStale(epochs: Int, at place: TrainingPlace) -> Bool

  /// What is kept of the epoch that just ended: the averaged weights, by names that are the learner's own.
  var weights: [String: Tensor] { get }

  /// The tensors that a resumed training needs, by what they belong to.
  var tensors: [String: [String: Tensor]] { get }

  /// What else it needs.
  var state: State { get }

  /// Goes on from the ``tensors`` and the ``state`` of a learner of the same data and settings.
  ///
  /// - Throws: `NetworkError` where they do not fit.
  mutating func restore(_ tensors: [String: [String: Tensor]], _ state: State) throws
}

/// Where a training is.
package struct TrainingPlace: Sendable, Codable, Hashable {
  /// The epoch that is trained, counted from 1.
  package var epoch = 0
  /// Steps done.
  package var step = 0
  /// From 0 to 1: by the steps, or by the clock where the training has a time to keep and that is farther.
  package var progress = 0.0
}

/// A learner that takes steps of gradient descent, at the rates of a one-cycle schedule.
package protocol StepLearner: Learner {
  /// How many steps, and at what rates.
  var plan: StepPlan { get }

  /// Gets ready for the steps of an epoch.
  mutating func beginEpoch(step: Int) throws

  /// Takes the step `place.step`, counted from 1.
  ///
  /// - Parameter progress: how far the training was before it.
  /// - Returns: the step's loss; no finite number where the loss, or the length of its gradient, is none.
  mutating func advance(_ place: TrainingPlace, rate: Double, progress: Double) throws -> Double

  /// Looks at what was learned at an epoch's end.
  ///
  /// - Parameter rate: that of the last step.
  mutating func look(_ place: TrainingPlace, rate: Double, seconds: Double) throws -> Epoch
}

/// How many steps a training takes, and at what rates.
package struct StepPlan: Sendable {
  /// The most steps.
  var steps: Int
  /// Steps between two looks.
  var stepsPerEpoch: Int
  /// The rates.
  var schedule: OneCycle

  package init(steps: Int, stepsPerEpoch: Int, schedule: OneCycle) {
    (self.steps, self.stepsPerEpoch, self.schedule) = (steps, stepsPerEpoch, schedule)
  }
}

extension StepLearner {
  /// Nothing is to be got ready.
  package mutating func beginEpoch(step: Int) throws {}

  /// Takes steps up to the next look, or to the end.
  package mutating func learn(
    _ place: inout TrainingPlace, clock: TrainingClock, onEvent: (TrainingEvent) -> Void
  ) throws -> Epoch {
    let pace = Pace(steps: plan.steps, seconds: clock.budget, schedule: plan.schedule)
    try beginEpoch(step: place.step)
    while true {
      let before = pace.progress(step: place.step, elapsed: clock.seconds)
      let rate = pace.rate(step: place.step, progress: before)
      place.step += 1
      let loss = try advance(place, rate: rate, progress: before)
      guard loss.isFinite else {
        throw TrainingError.lossNotFinite(step: place.step, epoch: place.epoch, kept: nil)
      }
      place.progress = pace.progress(step: place.step, elapsed: clock.seconds)
      onEvent(.step(place.step, of: plan.steps, loss: loss, progress: place.progress))
      if place.step % plan.stepsPerEpoch == 0 || place.progress >= 1 {
        return try look(place, rate: rate, seconds: clock.seconds)
      }
    }
  }
}
