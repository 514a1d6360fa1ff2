import Foundation

/// Where the checkpoints of all trainings behind one model are kept while they train: a file a training.
///
/// A file is replaced at every epoch's end, whole or not at all, so a kill at any moment, or a disk that fills, costs the
/// epoch at most. Each says what training it belongs to, by a fingerprint of the data and all settings. One process at a time
/// has the folder, until it ends or nobody keeps this value.
public struct CheckpointFolder: Sendable {
  /// The folder.
  public let path: String
  /// What everything that decides the result comes to.
  let fingerprint: String
  /// Whether what is there is gone on with.
  let isResuming: Bool
  /// Whether a training that was cut off could have been gone on with, and is given up.
  let hasGivenUp: Bool
  private let lock: FolderLock

  /// Makes the folder where it is not there; unless resuming, removes what is left of an earlier training in it.
  ///
  /// - Throws: ``TrainingError/checkpointsInUse(path:)`` where another process trains there,
  ///   ``TrainingError/checkpointNotWritten(path:reason:kept:)`` where that is not possible.
  public init(path: String, fingerprint: String, isResuming: Bool) throws {
    self.path = path
    self.fingerprint = fingerprint
    self.isResuming = isResuming
    do {
      guard let lock = try FolderLock.take(path) else { throw TrainingError.checkpointsInUse(path: path) }
      self.lock = lock
      let first = "\(path)/\(Self.name(training: 0))"
      hasGivenUp = !isResuming && FileManager.default.fileExists(atPath: first)
      for name in try FileManager.default.contentsOfDirectory(atPath: path)
      where name.hasSuffix(".tmp") || (!isResuming && name.hasSuffix(Self.suffix)) {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
      }
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError.checkpointNotWritten(path: path, reason: error.localizedDescription, kept: nil)
    }
  }

  private static let suffix = ".checkpoint"
  private static func name(training: Int) -> String { "training-\(training + 1)\(suffix)" }

  /// The day the training began: today, unless it began earlier and is resumed.
  ///
  /// - Throws: ``TrainingError``.
  func date() throws -> String { try settled("began") { ModelCard.today } }

  /// What was settled when the training began, and is not to be settled anew when it is resumed.
  ///
  /// - Parameters:
  ///   - name: of the file.
  ///   - decide: called where nothing was settled yet.
  /// - Throws: ``TrainingError``, and what `decide` throws.
  func settled<Value: Codable>(_ name: String, _ decide: () throws -> Value) throws -> Value {
    let file = "\(path)/\(name)\(Self.suffix)"
    if isResuming, let bytes = FileManager.default.contents(atPath: file) {
      guard let settled = try? JSONDecoder().decode(Settled<Value>.self, from: bytes) else {
        throw TrainingError.checkpointUnusable(path: file, reason: "is damaged")
      }
      guard settled.training == fingerprint else {
        throw TrainingError.checkpointUnusable(path: file, reason: TrainingError.anotherTraining)
      }
      return settled.value
    }
    let settled = Settled(training: fingerprint, value: try decide())
    do {
      try AtomicFile.write(JSONEncoder().encode(settled), to: file)
    } catch let error as AtomicFile.Failure {
      throw TrainingError.checkpointNotWritten(path: file, reason: error.reason, kept: nil)
    }
    return settled.value
  }

  private struct Settled<Value: Codable>: Codable {
    var training: String
    var value: Value
  }

  /// The file of a training, counted from 0.
  package func file(training: Int) -> CheckpointFile {
    CheckpointFile(
      path: "\(path)/\(Self.name(training: training))", fingerprint: fingerprint, isResuming: isResuming)
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
