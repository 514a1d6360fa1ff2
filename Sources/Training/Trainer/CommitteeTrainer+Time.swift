import Networks

extension CommitteeTrainer {
  /// Plans for a time to keep: fewer networks where the time is short, more steps where it is long.
  ///
  /// A few steps are taken to see how fast this machine is. What does not fit is left out from the committee's end, down to
  /// one network; more than twice the recipe's steps are not taken, since they teach people by heart.
  ///
  /// - Parameter seconds: what is left of the time.
  mutating func keep(to seconds: Double, inputs: LabelledInputs) throws {
    // Measuring the scout and the baselines, and writing, take their part.
    let usable = max(0.5, seconds * 0.88 - 1)
    let clock = ContinuousClock.now
    let aside = validationIsSetAside(inputs)
    var needed = 0.0
    var trial = plans[0]
    trial.configuration.steps = 3
    trial.configuration.stepsPerEpoch = 3
    trial.configuration.patience = nil
    _ = try EmbeddingTrainer(
      architecture: trial.architecture, configuration: trial.configuration, workers: workers
    ).train(inputs)
    let step = clock.secondsUntilNow / 3
    // A network trains on one core and takes longer there, but as many do so as there are cores.
    needed = step * Double(plans[0].configuration.steps)
    let trainings = usable / max(needed, 1e-9) / 0.5
    let others = max(1, Int(trainings) - (aside && !keepsScout ? 1 : 0))
    if others < plans.count { plans = Array(plans.prefix(others)) }
    for place in plans.indices { plans[place].configuration.steps *= 2 }
    self.seconds = max(0.25, usable - clock.secondsUntilNow)
  }

  private func validationIsSetAside(_ inputs: LabelledInputs) -> Bool {
    !ValidationFold(labels: inputs.labels, share: plans[0].configuration.validationShare, seed: seed).validation.isEmpty
  }
}
