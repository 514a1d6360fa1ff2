import Files
import Foundation
import Networks

/// The file of one training's checkpoint.
package struct CheckpointFile: Sendable {
  package let path: String
  let fingerprint: String
  /// Whether what is there is gone on with.
  let isResuming: Bool
  /// Seconds that all trainings together took before this run, and when it began.
  let before: Double
  let started: ContinuousClock.Instant
  /// Kept, so that the folder stays this process's.
  let lock: FolderLock

  /// The metadata's key of the seconds that all trainings together had taken.
  static let elapsedKey = "elapsed"

  /// The seconds that all trainings together had taken when a checkpoint was written; nil where it is of another training, or
  /// does not say it.
  static func elapsed(in path: String, fingerprint: String) -> Double? {
    guard !DatabaseFiles.contain(path),
      let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped),
      let metadata = try? SafeTensors.metadata(of: data), metadata["training"] == fingerprint
    else { return nil }
    return metadata[elapsedKey].flatMap { Double($0) }.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
  }

  /// Replaces the checkpoint.
  ///
  /// - Throws: ``TrainingError/checkpointNotWritten(path:reason:kept:)``; the earlier one is as it was.
  func save<L>(_ checkpoint: TrainingCheckpoint<L>, epoch: Int) throws {
    do {
      try AtomicFile.write(
        checkpoint.encoded(fingerprint: fingerprint, elapsed: before + started.secondsUntilNow), to: path)
    } catch let error as AtomicFile.Failure {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw TrainingError.checkpointNotWritten(path: path, reason: error.reason, kept: isThere ? epoch - 1 : nil)
    }
  }

  /// The last checkpoint; nil where there is none, or nothing is resumed.
  ///
  /// - Throws: ``TrainingError/checkpointDamaged(path:reason:)``, ``TrainingError/checkpointUnusable(path:reason:)``.
  func load<L>(for learner: L.Type = L.self) throws -> TrainingCheckpoint<L>? {
    guard isResuming, FileManager.default.fileExists(atPath: path) else { return nil }
    return try TrainingCheckpoint<L>(contentsOf: path, fingerprint: fingerprint)
  }
}

extension TrainingLoop {
  /// A training of `learner` to its end, from the checkpoint in `file` where there is one.
  ///
  /// - Throws: ``TrainingError``, and the learner's errors.
  package static func finished(
    _ learner: L, clock: TrainingClock, file: CheckpointFile?, onEvent: (TrainingEvent) -> Void
  ) throws -> TrainingLoop {
    var loop = TrainingLoop(learner, clock: clock)
    if let checkpoint = try file?.load(for: L.self) {
      try loop.resume(checkpoint, of: file)
      onEvent(.resumed(epoch: loop.epochs.count, seconds: loop.epochs.last?.seconds ?? 0))
    }
    try loop.run(keeping: file, onEvent: onEvent)
    return loop
  }
}
