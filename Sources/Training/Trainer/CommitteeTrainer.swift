import Dispatch
import Networks
import Synchronization

/// Trains several networks of one architecture apart, to be joined into one embedding.
///
/// Networks that differ only in chance err differently; joined, they err less (Hansen & Salamon 1990). Each starts from
/// other weights, sees other batches, and sets other identities aside to steer by.
public struct CommitteeTrainer: Sendable {
  /// The layers of each network.
  public var architecture: Architecture
  /// How each is trained; its seed decides all of them.
  public var configuration: TrainingConfiguration
  /// How many networks.
  public var members: Int
  /// Threads in all; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// A trainer of `members` networks.
  public init(architecture: Architecture, configuration: TrainingConfiguration, members: Int, workers: Int? = nil) {
    self.architecture = architecture
    self.configuration = configuration
    self.members = members
    self.workers = workers
  }

  /// One network's training.
  public struct Member: Sendable {
    /// What it trained on, and what it was steered by.
    public var fold: ValidationFold
    /// How it went.
    public var result: EmbeddingTrainer.Result
  }

  /// Trains all networks, as many at a time as there are workers.
  ///
  /// - Parameters:
  ///   - inputs: what to learn from.
  ///   - onEvent: hears of every step and epoch, and of which network (counted from 0); one call at a time.
  /// - Throws: ``TrainingError``, of the first network that failed.
  public func train(
    _ inputs: LabelledInputs, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> [Member] {
    let cores = workers ?? Workers.cores
    let lanes = max(1, min(members, cores))
    let each = max(1, cores / lanes)
    let results = Mutex([Result<Member, any Error>?](repeating: nil, count: members))
    let telling = Mutex(())
    Workers(lanes).forEach(members) { member, _ in
      let result = Result {
        try train(member, on: inputs, workers: each) { event in
          telling.withLock { _ in onEvent(member, event) }
        }
      }
      results.withLock { $0[member] = result }
    }
    return try results.withLock { try $0.compactMap { try $0?.get() } }
  }

  private func train(
    _ member: Int, on inputs: LabelledInputs, workers: Int, onEvent: (TrainingEvent) -> Void
  ) throws -> Member {
    var own = configuration
    own.seed = SeededRandom(seed: configuration.seed).number(UInt64(member))
    let fold = ValidationFold(
      labels: inputs.labels, share: configuration.validationShare, fold: member, seed: configuration.seed)
    let validation = fold.validation.isEmpty ? nil : inputs.rows(fold.validation)
    let trainer = EmbeddingTrainer(architecture: architecture, configuration: own, workers: workers)
    let result = try trainer.train(inputs.rows(fold.training), validation: validation, onEvent: onEvent)
    return Member(fold: fold, result: result)
  }
}
