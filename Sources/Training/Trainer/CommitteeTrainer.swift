import Networks
import Synchronization

/// Trains several networks apart, to be joined into one embedding.
///
/// Networks that differ only in chance err differently; joined, they err less (Hansen & Salamon 1990).
///
/// A scout goes first: it sets some identities aside, never trains on them, and finds out by them which epoch is best.
/// The others then train on everybody and stop at that epoch. With few identities each one counts, and the scout, who
/// has seen fewer, is dismissed; with many it stays as the first member.
public struct CommitteeTrainer: Sendable {
  /// The layers of each network.
  public var architecture: Architecture
  /// How each is trained; its seed decides all of them.
  public var configuration: TrainingConfiguration
  /// How many networks the committee has.
  public var members: Int
  /// Whether the scout is one of them.
  public var keepsScout: Bool
  /// Threads in all; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// A trainer of `members` networks.
  public init(
    architecture: Architecture, configuration: TrainingConfiguration, members: Int, keepsScout: Bool = false,
    workers: Int? = nil
  ) {
    self.architecture = architecture
    self.configuration = configuration
    self.members = members
    self.keepsScout = keepsScout
    self.workers = workers
  }

  /// What a committee's training ends with.
  public struct Committee: Sendable {
    /// What the scout trained on, and what it was steered by; nothing was set aside where there is no scout.
    public var fold: ValidationFold
    /// The scout's training; nil where nothing was set aside.
    public var scout: EmbeddingTrainer.Result?
    /// The networks to be joined.
    public var members: [EmbeddingTrainer.Result]
  }

  /// How many trainings there will be, the scout's included, if `identities` can be trained on.
  public func trainings(identities: Int) -> Int {
    let size = Int((Double(identities) * configuration.validationShare).rounded())
    return size >= 2 && !keepsScout ? members + 1 : members
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
    let fold = ValidationFold(
      labels: inputs.labels, share: configuration.validationShare, seed: configuration.seed)
    let cores = workers ?? Workers.cores
    var scout: EmbeddingTrainer.Result?
    if !fold.validation.isEmpty {
      scout = try EmbeddingTrainer(architecture: architecture, configuration: seeded(configuration, 0), workers: cores)
        .train(inputs.rows(fold.training), validation: inputs.rows(fold.validation)) { onEvent(0, $0) }
    }
    var finished: [EmbeddingTrainer.Result] = []
    if let scout, keepsScout { finished.append(scout) }
    // What the scout had to learn about rates, the others need not learn again.
    let others = try trainOthers(
      members - finished.count, on: inputs, like: scout?.configuration ?? configuration, until: scout?.bestEpoch,
      firstTraining: scout == nil ? 0 : 1, cores: cores, onEvent: onEvent)
    return Committee(fold: fold, scout: scout, members: finished + others)
  }

  private func trainOthers(
    _ count: Int, on inputs: LabelledInputs, like configuration: TrainingConfiguration, until epoch: Int?,
    firstTraining: Int, cores: Int, onEvent: @Sendable (Int, TrainingEvent) -> Void
  ) throws -> [EmbeddingTrainer.Result] {
    let lanes = max(1, min(count, cores))
    let results = Mutex([Result<EmbeddingTrainer.Result, any Error>?](repeating: nil, count: count))
    let telling = Mutex(())
    Workers(lanes).forEach(count) { place, _ in
      let training = firstTraining + place
      let result = Result {
        try EmbeddingTrainer(
          architecture: architecture, configuration: seeded(configuration, training), workers: max(1, cores / lanes)
        ).train(inputs, keeping: epoch) { event in telling.withLock { _ in onEvent(training, event) } }
      }
      results.withLock { $0[place] = result }
    }
    return try results.withLock { try $0.compactMap { try $0?.get() } }
  }

  private func seeded(_ configuration: TrainingConfiguration, _ training: Int) -> TrainingConfiguration {
    var own = configuration
    own.seed = SeededRandom(seed: self.configuration.seed).number(UInt64(training))
    return own
  }
}
