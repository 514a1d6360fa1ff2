import Networks

/// How far a training is, from 0 to 1: by its steps, or, where there is a time to keep, by what is used of it.
struct Pace: Sendable {
  /// The most steps.
  let steps: Int
  /// Seconds; nil where steps alone count.
  let seconds: Double?
  let schedule: OneCycle

  /// How far it is when `step` steps are done and `elapsed` seconds are used.
  func progress(step: Int, elapsed: Double) -> Double {
    let bySteps = Double(step) / Double(steps)
    guard let seconds else { return bySteps }
    return min(1, max(bySteps, elapsed / max(seconds, 1e-9)))
  }

  /// The learning rate of the step after `step` steps.
  func rate(step: Int, progress: Double) -> Double {
    guard seconds != nil else { return schedule.rate(at: step, of: steps) }
    return schedule.rate(at: Int(progress * 1e6), of: 1_000_001)
  }
}
