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
    /// Collapses noticed on the way.
    public var collapses: [CollapseRecord]
    /// How the start that succeeded was trained.
    public var configuration: TrainingConfiguration
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
      checkpoint: nil, file: nil, onEvent: onEvent)
  }

  /// Trains, from a checkpoint where there is one, and keeps checkpoints in a file where there is one.
  func train(
    _ inputs: LabelledInputs, validation: LabelledInputs?, keeping epoch: KeptEpoch?, from start: [String: Tensor]?,
    clock: TrainingClock, checkpoint: TrainingCheckpoint?, file: CheckpointFile?, onEvent: (TrainingEvent) -> Void
  ) throws -> Result {
    try configuration.validate()
    var attempt = checkpoint?.position.configuration ?? configuration
    var collapses = checkpoint?.position.collapses ?? []
    var clock = clock
    clock.before += checkpoint?.position.seconds ?? 0
    var isFirst = true
    while true {
      var run = try TrainingRun(
        architecture: architecture, configuration: attempt, workers: workers, inputs: inputs, validation: validation,
        start: start, keptEpoch: epoch, clock: clock)
      if isFirst {
        onEvent(
          .started(
            inputs: inputs.count, identities: Set(inputs.labels).count,
            validationIdentities: Set(validation?.labels ?? []).count, parameters: architecture.parameterCount))
        if let checkpoint {
          do {
            try run.restore(checkpoint)
          } catch let error as NetworkError {
            throw TrainingError.checkpointUnusable(path: file?.path ?? "", reason: "does not fit (\(error))")
          }
          onEvent(.resumed(epoch: run.epochs.count))
        }
      }
      isFirst = false
      let earlier = collapses
      let outcome: CollapseRecord?
      do {
        outcome = try run.advanceToEnd(onEvent: onEvent) { try file?.save($0.checkpoint(collapses: earlier)) }
      } catch TrainingError.lossNotFinite(let step, let epoch, _) {
        // Nothing is written after a loss that is no number: what is there is the last good one.
        throw TrainingError.lossNotFinite(step: step, epoch: epoch, kept: run.epochs.isEmpty ? nil : file?.path)
      }
      guard let collapse = outcome else {
        return Result(
          weights: run.bestWeights, epochs: run.epochs, bestEpoch: run.bestEpoch, collapses: collapses,
          configuration: attempt)
      }
      guard collapses.count < Self.freshStarts else {
        throw TrainingError.collapsed(step: collapse.step, recoveries: collapses.count)
      }
      // What lets embeddings run together is hard triplets at a high rate: take both back.
      attempt.peakRate *= 0.4
      attempt.miner = .semiHard
      var record = collapse
      record.nextRate = attempt.peakRate
      record.nextMiner = attempt.miner
      collapses.append(record)
      onEvent(.collapsed(record))
    }
  }

  private static let freshStarts = 3
}
