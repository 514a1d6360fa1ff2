import Digests
import Foundation

/// What every trainer can be told about the running of its training, whatever is trained.
public protocol LongTraining: Sendable {
  /// A folder to keep checkpoints in while it trains, one at every epoch's end; nil for none.
  var checkpoints: String? { get set }
  /// Whether to go on from the checkpoints that are there.
  var resumes: Bool { get set }
  /// Seconds to keep, reading included; nil for as many as the steps need. What was used before a resumption counts, up
  /// to the last checkpoint. By the clock the same seed gives no longer the same model.
  var seconds: Double? { get set }
  /// Who may use the model, for the card; nil for the usual sentence.
  var licence: String? { get set }
}

extension LongTraining {
  /// Minutes to keep: ``seconds`` in the unit that people think in.
  public var minutes: Double? {
    get { seconds.map { $0 / 60 } }
    set { seconds = newValue.map { $0 * 60 } }
  }

  /// - Throws: ``TrainingError/badSetting(name:reason:)``.
  func checkTime() throws {
    if let seconds, !(seconds > 0 && seconds.isFinite) {
      throw TrainingError.badSetting(name: "minutes", reason: "must be a number above 0")
    }
  }

  /// Takes the folder of checkpoints, before the data are read: who comes second is to hear of it at once.
  ///
  /// - Returns: what has to be kept until the training is over; nil where there are no checkpoints.
  /// - Throws: ``TrainingError/checkpointsInUse(path:)``, ``TrainingError/checkpointNotWritten(path:reason:kept:)``.
  func claim() throws -> CheckpointClaim? {
    guard let checkpoints else { return nil }
    do {
      guard let lock = try FolderLock.take(checkpoints) else { throw TrainingError.checkpointsInUse(path: checkpoints) }
      return CheckpointClaim(path: checkpoints, lock: lock)
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError.checkpointNotWritten(path: checkpoints, reason: error.localizedDescription, kept: nil)
    }
  }

  /// Where checkpoints are kept; nil for nowhere.
  ///
  /// - Parameters:
  ///   - everything: all that decides the result, the number of threads not among it.
  ///   - started: when this run began.
  ///   - onEvent: hears where an earlier training is given up.
  func checkpointFolder(
    _ everything: some Encodable, since started: ContinuousClock.Instant, onEvent: (Int, TrainingEvent) -> Void
  ) throws -> CheckpointFolder? {
    try checkpoints.map {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let fingerprint = Digest.of(try encoder.encode(everything))
      let folder = try CheckpointFolder(path: $0, fingerprint: fingerprint, isResuming: resumes, since: started)
      if folder.hasGivenUp { onEvent(0, .gaveUp(checkpoints: folder.path)) }
      return folder
    }
  }
}
