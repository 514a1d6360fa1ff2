import Networks

/// Trains a network so that inputs of one identity lie near each other and apart from all others.
///
/// The way of the data, forwards only: P×K rows from the sampler, each augmented, one forward pass, all pair distances
/// of the batch, triplets from the miner, the loss and its gradient, one backward pass, one AdamW step at the one-cycle
/// rate, and the moving average of the weights. At the end of each epoch the averaged network is looked at on identities
/// that it never trains on; the best epoch's weights are the result.
///
/// The same configuration, data and architecture give the same bits on any number of workers.
public struct EmbeddingTrainer: Sendable {
  /// The network's layers; the last one should be an L2 normalisation.
  public var architecture: Architecture
  /// How it is trained.
  public var configuration: TrainingConfiguration
  /// Threads that work on a batch; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// A trainer of `architecture`.
  public init(architecture: Architecture, configuration: TrainingConfiguration = .init(), workers: Int? = nil) {
    self.architecture = architecture
    self.configuration = configuration
    self.workers = workers
  }

  /// What a training ends with.
  public struct Result: Sendable {
    /// The weights of the best epoch.
    public var weights: [String: Tensor]
    /// Every epoch of the start that succeeded.
    public var epochs: [EpochRecord]
    /// The epoch whose weights these are, an index into `epochs`.
    public var bestEpoch: Int
    /// How far in the schedule it ended, from 0 to 1.
    public var bestProgress: Double
    /// Collapses noticed on the way.
    public var collapses: [CollapseRecord]
    /// How the start that succeeded was trained.
    public var configuration: TrainingConfiguration
    /// How long it took, in seconds, those before it was cut off included.
    public var seconds: Double
  }

  /// Trains.
  ///
  /// - Parameters:
  ///   - inputs: what to learn from.
  ///   - validation: inputs of other identities to steer by; nil where there are none.
  ///   - epoch: the epoch to keep where nothing steers, counted from 0; nil for the last.
  ///   - start: weights to begin with; nil for random ones.
  ///   - onEvent: hears of every step and epoch.
  /// - Throws: ``TrainingError`` for settings out of range, too few identities, a loss that is no number, and for a
  ///   collapse that three fresh starts at lower rates did not cure.
  public func train(
    _ inputs: LabelledInputs, validation: LabelledInputs? = nil, keeping epoch: Int? = nil,
    from start: [String: Tensor]? = nil, onEvent: (TrainingEvent) -> Void = { _ in }
  ) throws -> Result {
    try train(
      inputs, validation: validation, keeping: epoch.map { KeptEpoch(epoch: $0) }, from: start, clock: TrainingClock(),
      file: nil, onEvent: onEvent)
  }

  /// Trains, and keeps checkpoints in a file where there is one; from the one that is there, if that is to be resumed.
  func train(
    _ inputs: LabelledInputs, validation: LabelledInputs?, keeping epoch: KeptEpoch?, from start: [String: Tensor]?,
    clock: TrainingClock, file: CheckpointFile?, onEvent: (TrainingEvent) -> Void
  ) throws -> Result {
    try configuration.validate()
    onEvent(
      .started(
        parameters: architecture.parameterCount,
        data: "\(inputs.count) pictures of \(Set(inputs.labels).count) identities, "
          + "\(Set(validation?.labels ?? []).count) others to steer by"))
    let checkpoint = try file?.load(for: EmbeddingLearner.self)
    var attempt = checkpoint?.position.state.configuration ?? configuration
    var collapses = checkpoint?.position.state.collapses ?? []
    func learner() throws -> EmbeddingLearner {
      try EmbeddingLearner(
        architecture: architecture, configuration: attempt, workers: workers, inputs: inputs, validation: validation,
        start: start, keptEpoch: epoch, collapses: collapses)
    }
    var run = TrainingLoop(try learner(), clock: clock)
    if let checkpoint {
      try run.resume(checkpoint, of: file)
      onEvent(.resumed(epoch: run.epochs.count, seconds: run.epochs.last?.seconds ?? 0))
    }
    while true {
      do {
        try run.run(keeping: file, onEvent: onEvent)
        return Result(
          weights: run.weights, epochs: run.epochs, bestEpoch: run.kept, bestProgress: run.keptProgress,
          collapses: collapses, configuration: attempt,
          seconds: run.clock.seconds)
      } catch let collapse as EmbeddingLearner.Collapse {
        guard collapses.count < Self.freshStarts else {
          throw TrainingError.collapsed(step: collapse.record.step, recoveries: collapses.count)
        }
        // What lets embeddings run together is hard triplets at a high rate: take both back.
        attempt.peakRate *= 0.4
        attempt.miner = .semiHard
        var record = collapse.record
        record.nextRate = attempt.peakRate
        record.nextMiner = attempt.miner
        collapses.append(record)
        onEvent(.collapsed(record))
        run = TrainingLoop(try learner(), clock: run.clock)
      }
    }
  }

  private static let freshStarts = 3
}
