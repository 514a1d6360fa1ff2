import Networks

/// One training from its first step to its last: the same for every kind of learner.
///
/// Epoch after epoch it lets the learner learn, keeps the weights of the epoch that the learner prefers, writes a
/// checkpoint (whole or not at all), and ends with the last step, with the time, or where nothing better comes. A loss
/// that is no number ends it with its place; the checkpoint of the epoch before is then still there.
package struct TrainingLoop<L: Learner> {
  package private(set) var learner: L
  package private(set) var clock: TrainingClock
  /// All epochs so far.
  package private(set) var epochs: [L.Epoch] = []
  /// The one that is kept, an index into ``epochs``.
  package private(set) var kept = 0
  /// How far in the schedule it ended.
  package private(set) var keptProgress = 1.0
  /// Its weights.
  package private(set) var weights: [String: Tensor] = [:]
  private(set) var isFinished = false
  private var place = TrainingPlace()

  init(_ learner: L, clock: TrainingClock = TrainingClock()) {
    self.learner = learner
    self.clock = clock
  }

  /// Runs to the end.
  ///
  /// - Parameters:
  ///   - file: where checkpoints are kept; nil for none.
  ///   - onEvent: hears of every step and epoch.
  mutating func run(keeping file: CheckpointFile? = nil, onEvent: (TrainingEvent) -> Void) throws {
    while !isFinished {
      place.epoch = epochs.count + 1
      let record: L.Epoch
      do {
        record = try learner.learn(&place, clock: clock, onEvent: onEvent)
      } catch TrainingError.lossNotFinite(let step, let epoch, _) {
        // Nothing is written after a loss that is no number: what is there is the last good one.
        throw TrainingError.lossNotFinite(step: step, epoch: epoch, kept: epochs.isEmpty ? nil : file?.path)
      }
      let isPreferred = learner.prefers(record, to: epochs.isEmpty ? nil : epochs[kept], at: place)
      epochs.append(record)
      // The first is kept in any case: something must be.
      if epochs.count == 1 || isPreferred {
        kept = epochs.count - 1
        keptProgress = place.progress
        weights = learner.weights
      }
      isFinished = place.progress >= 1 || learner.isStale(epochs: epochs.count - 1 - kept, at: place)
      onEvent(.epoch(record))
      try file?.save(checkpoint, epoch: epochs.count)
    }
  }

  /// The training as it is between two epochs.
  private var checkpoint: TrainingCheckpoint<L> {
    // What is finished needs nothing to go on with.
    var tensors = isFinished ? [:] : learner.tensors
    tensors[Self.keptKey] = weights
    return TrainingCheckpoint(
      position: .init(
        place: place, epochs: epochs, kept: kept, keptProgress: keptProgress, isFinished: isFinished,
        seconds: clock.seconds, share: clock.share,
        state: learner.state),
      tensors: tensors)
  }

  /// Goes on where a checkpoint of this very training was.
  ///
  /// - Throws: ``TrainingError/checkpointUnusable(path:reason:)``.
  mutating func resume(_ checkpoint: TrainingCheckpoint<L>, of file: CheckpointFile?) throws {
    let position = checkpoint.position
    (place, epochs, kept, isFinished) = (position.place, position.epochs, position.kept, position.isFinished)
    keptProgress = position.keptProgress ?? 1
    clock.before += position.seconds
    if clock.share != nil, let share = position.share { clock.share = share }
    var tensors = checkpoint.tensors
    weights = tensors.removeValue(forKey: Self.keptKey) ?? [:]
    guard !isFinished else { return }
    do {
      try learner.restore(tensors, position.state)
    } catch let error as NetworkError {
      throw TrainingError.checkpointUnusable(path: file?.path ?? "", reason: "does not fit (\(error))")
    }
  }

  private static var keptKey: String { "kept" }
}
