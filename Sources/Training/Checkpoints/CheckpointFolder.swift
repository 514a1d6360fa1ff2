import Foundation
import Networks

/// Where the checkpoints of a committee's trainings are kept while it trains: a file a training.
///
/// A file is replaced at every epoch's end, whole or not at all, so a kill at any moment, or a disk that fills, costs the
/// epoch at most. Each says what training it belongs to, by a fingerprint of the data and all settings.
public struct CheckpointFolder: Sendable {
  /// The folder.
  public let path: String
  /// What everything that decides the result comes to.
  let fingerprint: String
  /// Whether what is there is gone on with.
  let isResuming: Bool

  /// Makes the folder where it is not there; unless resuming, removes what is left of an earlier training in it.
  ///
  /// - Throws: ``TrainingError/checkpointNotWritten(path:reason:kept:)`` where that is not possible.
  public init(path: String, fingerprint: String, isResuming: Bool) throws {
    self.path = path
    self.fingerprint = fingerprint
    self.isResuming = isResuming
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for name in try FileManager.default.contentsOfDirectory(atPath: path)
      where name.hasSuffix(".tmp") || (!isResuming && name.hasSuffix(Self.suffix)) {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
      }
    } catch {
      throw TrainingError.checkpointNotWritten(path: path, reason: error.localizedDescription, kept: nil)
    }
  }

  private static let suffix = ".checkpoint"

  /// The day the training began: today, unless it began earlier and is resumed.
  ///
  /// - Throws: ``TrainingError``.
  func date() throws -> String {
    let file = "\(path)/began\(Self.suffix)"
    if isResuming, let text = try? String(contentsOfFile: file, encoding: .utf8), text.count == 10 { return text }
    let today = ModelCard.today
    do {
      try AtomicFile.write(Data(today.utf8), to: file)
    } catch let error as AtomicFile.Failure {
      throw TrainingError.checkpointNotWritten(path: file, reason: error.reason, kept: nil)
    }
    return today
  }

  /// The file of a training.
  func file(training: Int) -> CheckpointFile {
    CheckpointFile(path: "\(path)/training-\(training + 1)\(Self.suffix)", fingerprint: fingerprint)
  }

  /// The last checkpoint of a training; nil where there is none, or nothing is resumed.
  func load(training: Int) throws -> TrainingCheckpoint? {
    let file = file(training: training)
    guard isResuming, FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try TrainingCheckpoint(contentsOf: file.path, fingerprint: fingerprint)
  }

  /// Removes the folder once its trainings are over and the model is written. Files that are not its own stay.
  public func remove() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where name.hasSuffix(Self.suffix) || name.hasSuffix(".tmp") {
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
    _ = path.withCString { rmdir($0) }
  }
}

/// The file of one training's checkpoint.
struct CheckpointFile: Sendable {
  let path: String
  let fingerprint: String

  /// Replaces the checkpoint.
  ///
  /// - Throws: ``TrainingError/checkpointNotWritten(path:reason:kept:)``; the earlier one is as it was.
  func save(_ checkpoint: TrainingCheckpoint) throws {
    let epoch = checkpoint.position.epochs.count
    do {
      try AtomicFile.write(checkpoint.encoded(fingerprint: fingerprint), to: path)
    } catch let error as AtomicFile.Failure {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw TrainingError.checkpointNotWritten(path: path, reason: error.reason, kept: isThere ? epoch - 1 : nil)
    }
  }
}
