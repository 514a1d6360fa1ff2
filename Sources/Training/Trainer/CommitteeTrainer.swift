import Networks
import Synchronization

/// Trains several networks apart, to be joined into one embedding.
///
/// Networks that differ in chance, and more so in kind, err differently; joined, they err less (Hansen & Salamon 1990).
///
/// A scout goes first: it sets some identities aside, never trains on them, and finds out by them which epoch is best.
/// The others then train on everybody and stop at that epoch. With few identities each one counts, and the scout, who
/// has seen fewer, is dismissed; with many it stays as the first member.
public struct CommitteeTrainer: Sendable {
  /// One network to be trained.
  public struct Plan: Sendable {
    /// Its layers.
    public var architecture: Architecture
    /// How it is trained; the committee's seed takes the place of its own.
    public var configuration: TrainingConfiguration
    /// Weights to begin with; nil for random ones.
    public var start: [String: Tensor]?

    /// A network to be trained.
    public init(
      architecture: Architecture, configuration: TrainingConfiguration, start: [String: Tensor]? = nil
    ) {
      self.architecture = architecture
      self.configuration = configuration
      self.start = start
    }
  }

  /// The networks; the scout is one like the first.
  public var plans: [Plan]
  /// Everything chance decides.
  public var seed: UInt64
  /// Whether the scout is the first of them.
  public var keepsScout: Bool
  /// Makes more of what is trained on, never of what is set aside; nil to train on the inputs as they are.
  public var enlarging: (@Sendable (LabelledInputs) -> LabelledInputs)?
  /// Threads in all; nil for one a core. Has no influence on the result.
  public var workers: Int?
  /// Where to keep checkpoints, and go on from; nil for none.
  public var checkpoints: CheckpointFolder?
  /// Seconds for all trainings together; nil for as many as their steps need. What is learned by the clock depends on the
  /// machine.
  public var seconds: Double?

  /// A trainer of one network or more.
  public init(plans: [Plan], seed: UInt64, keepsScout: Bool = false, workers: Int? = nil) {
    precondition(!plans.isEmpty, "a committee has a network at least")
    self.plans = plans
    self.seed = seed
    self.keepsScout = keepsScout
    self.workers = workers
  }

  /// What a committee's training ends with.
  public struct Committee: Sendable {
    /// What the scout trained on, and what it was steered by; nothing was set aside where there is no scout.
    public var fold: ValidationFold
    /// The scout's training; nil where nothing was set aside.
    public var scout: EmbeddingTrainer.Result?
    /// The networks to be joined, in the order of the plans.
    public var members: [EmbeddingTrainer.Result]
  }

  /// How many trainings there will be, the scout's included.
  ///
  /// - Parameter labels: the identity of each row that can be trained on.
  public func trainings(of labels: [Int]) -> Int { setsAside(labels) && !keepsScout ? plans.count + 1 : plans.count }

  /// Whether there will be a scout.
  func setsAside(_ labels: [Int]) -> Bool {
    !ValidationFold(labels: labels, share: plans[0].configuration.validationShare, seed: seed).validation.isEmpty
  }

  /// Trains all networks, after the scout as many at a time as there are workers.
  ///
  /// - Parameters:
  ///   - inputs: what to learn from.
  ///   - onEvent: hears of every step and epoch, and of which training (counted from 0, the scout's first); one call at
  ///     a time.
  /// - Throws: ``TrainingError``, of the first network that failed.
  public func train(
    _ inputs: LabelledInputs, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> Committee {
    let fold = ValidationFold(labels: inputs.labels, share: plans[0].configuration.validationShare, seed: seed)
    let cores = workers ?? Workers.cores
    let rounds = rounds(scouting: !fold.validation.isEmpty, cores: cores)
    var scout: EmbeddingTrainer.Result?
    if !fold.validation.isEmpty {
      scout = try train(
        plans[0], training: 0, on: enlarged(inputs.rows(fold.training)), validation: inputs.rows(fold.validation),
        keeping: nil, share: 1 / Double(rounds), workers: cores, onEvent: onEvent)
    }
    var finished: [EmbeddingTrainer.Result] = []
    if let scout, keepsScout { finished.append(scout) }
    let others = plans.dropFirst(finished.count).map { $0.heeding(scout, of: plans[0]) }
    // What the scout did not use is the others'.
    let used = seconds.map { min(1, (scout?.seconds ?? 0) / max($0, 1e-9)) } ?? 0
    let results = try trainOthers(
      others, on: inputs, keeping: scout.map { kept($0) }, firstTraining: scout == nil ? 0 : 1,
      share: (1 - used) / Double(max(1, rounds - (scout == nil ? 0 : 1))), cores: cores, onEvent: onEvent)
    return Committee(fold: fold, scout: scout, members: finished + results)
  }

  /// How many trainings follow each other on a core.
  private func rounds(scouting: Bool, cores: Int) -> Int {
    let others = plans.count - (scouting && keepsScout ? 1 : 0)
    let lanes = max(1, min(others, cores))
    return (scouting ? 1 : 0) + (others + lanes - 1) / lanes
  }

  /// What the others keep after a scout: its best epoch, or, by the clock, what is as far in the schedule.
  private func kept(_ scout: EmbeddingTrainer.Result) -> KeptEpoch {
    KeptEpoch(epoch: scout.bestEpoch, progress: seconds == nil ? nil : scout.bestProgress)
  }

  private func trainOthers(
    _ plans: [Plan], on inputs: LabelledInputs, keeping epoch: KeptEpoch?, firstTraining: Int, share: Double,
    cores: Int, onEvent: @Sendable (Int, TrainingEvent) -> Void
  ) throws -> [EmbeddingTrainer.Result] {
    let lanes = max(1, min(plans.count, cores))
    let results = Mutex([Result<EmbeddingTrainer.Result, any Error>?](repeating: nil, count: plans.count))
    let inputs = enlarged(inputs)
    let telling = Mutex(())
    Workers(lanes).forEach(plans.count) { place, _ in
      let training = firstTraining + place
      let result = Result {
        try train(
          plans[place], training: training, on: inputs, validation: nil, keeping: epoch, share: share,
          workers: max(1, cores / lanes)
        ) { training, event in telling.withLock { _ in onEvent(training, event) } }
      }
      results.withLock { $0[place] = result }
    }
    return try results.withLock { try $0.compactMap { try $0?.get() } }
  }

  private func enlarged(_ inputs: LabelledInputs) -> LabelledInputs { enlarging?(inputs) ?? inputs }

  private func train(
    _ plan: Plan, training: Int, on inputs: LabelledInputs, validation: LabelledInputs?, keeping epoch: KeptEpoch?,
    share: Double, workers: Int, onEvent: (Int, TrainingEvent) -> Void
  ) throws -> EmbeddingTrainer.Result {
    var configuration = plan.configuration
    configuration.seed = SeededRandom(seed: seed).number(UInt64(training))
    let trainer = EmbeddingTrainer(architecture: plan.architecture, configuration: configuration, workers: workers)
    return try trainer.train(
      inputs, validation: validation, keeping: epoch, from: plan.start,
      clock: TrainingClock(share: share, of: seconds), file: checkpoints?.file(training: training)
    ) { onEvent(training, $0) }
  }
}

extension CommitteeTrainer.Plan {
  /// The plan after what the scout had to learn about rates and miners, where it had the same ones.
  fileprivate func heeding(_ scout: EmbeddingTrainer.Result?, of plan: Self) -> Self {
    guard let scout, configuration == plan.configuration else { return self }
    return Self(architecture: architecture, configuration: scout.configuration, start: start)
  }
}
