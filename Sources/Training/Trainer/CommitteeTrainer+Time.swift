import Networks

extension CommitteeTrainer {
  /// Plans for a time to keep: fewer networks where the time is short, more steps where it is long.
  ///
  /// A few steps are taken to see how fast this machine is. What does not fit is left out from the committee's end, down to
  /// one network; more than twice the recipe's steps are not taken, since they teach people by heart, and where somebody has
  /// said how many there are, no more than these.
  ///
  /// A training that is resumed has settled that when it began, and what it has used counts.
  ///
  /// - Parameters:
  ///   - seconds: the time.
  ///   - used: how much of it is over.
  mutating func keep(
    to seconds: Double, used: Double, inputs: LabelledInputs, hasChosenSteps: Bool = false
  ) throws {
    func decide() throws -> TimePlan { try self.plan(seconds: seconds, left: seconds - used, inputs: inputs) }
    let settled = try checkpoints?.settled("time", decide) ?? decide()
    plans = Array(plans.prefix(max(1, settled.networks)))
    if !hasChosenSteps {
      for place in plans.indices { plans[place].configuration.steps *= 2 }
    }
    self.seconds = settled.share * seconds
  }

  /// What is made of a time.
  private struct TimePlan: Codable {
    /// How many networks there is time for.
    var networks: Int
    /// The part of the time that is trained in.
    var share: Double
  }

  private func plan(seconds: Double, left: Double, inputs: LabelledInputs) throws -> TimePlan {
    // Measuring the scout and the baselines, and writing, take their part.
    let usable = max(0.5, left * 0.88 - 1)
    let clock = ContinuousClock.now
    let aside = setsAside(inputs.labels)
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
    return TimePlan(
      networks: min(others, plans.count), share: max(0.25, usable - clock.secondsUntilNow) / max(seconds, 1e-9))
  }
}
