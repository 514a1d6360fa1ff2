import Digests
import Files
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
  /// Seconds that all trainings together took before they were cut off, up to the last checkpoint; 0 where nothing is resumed.
  public let secondsBefore: Double
  private let started: ContinuousClock.Instant
  private let lock: FolderLock

  /// Makes the folder where it is not there; unless resuming, removes what is left of an earlier training in it.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - fingerprint: of everything that decides the result.
  ///   - isResuming: whether what is there is gone on with.
  ///   - started: when this run began.
  /// - Throws: ``TrainingError/checkpointsInUse(path:)`` where another process trains there,
  ///   ``TrainingError/checkpointNotWritten(path:reason:kept:)`` where that is not possible.
  public init(
    path: String, fingerprint: String, isResuming: Bool, since started: ContinuousClock.Instant = .now
  ) throws {
    self.path = path
    self.fingerprint = fingerprint
    self.isResuming = isResuming
    self.started = started
    do {
      guard let lock = try FolderLock.take(path) else { throw TrainingError.checkpointsInUse(path: path) }
      self.lock = lock
      let first = "\(path)/\(Self.name(training: 0))"
      hasGivenUp = !isResuming && FileManager.default.fileExists(atPath: first)
      let names = try FileManager.default.contentsOfDirectory(atPath: path)
      let taken = names.filter { isResuming && $0.hasPrefix(Self.prefix) && $0.hasSuffix(Self.suffix) }
        .compactMap { CheckpointFile.elapsed(in: "\(path)/\($0)", fingerprint: fingerprint) }
      secondsBefore = taken.max() ?? 0
      for name in names
      where name.hasSuffix(".tmp") || (!isResuming && name.hasSuffix(Self.suffix)) {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
      }
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError.checkpointNotWritten(path: path, reason: error.localizedDescription, kept: nil)
    }
  }

  fileprivate static let suffix = ".checkpoint"
  fileprivate static let prefix = "training-"
  private static func name(training: Int) -> String { "\(prefix)\(training + 1)\(suffix)" }

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
    if isResuming, let bytes = FileContents.of(file) {
      guard let settled = try? JSONDecoder().decode(Settled<Value>.self, from: bytes) else {
        throw TrainingError.checkpointDamaged(path: file, reason: "it is not as it was written")
      }
      guard settled.training == fingerprint else {
        throw TrainingError.checkpointUnusable(path: file, reason: TrainingError.anotherTraining)
      }
      // Files of before have none.
      guard try settled.sha256.map({ try $0 == settled.digest() }) ?? true else {
        throw TrainingError.checkpointDamaged(path: file, reason: "it is not as it was written")
      }
      return settled.value
    }
    var settled = Settled(training: fingerprint, value: try decide())
    settled.sha256 = try settled.digest()
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
    var sha256: String?

    /// Of the rest.
    func digest() throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      var rest = self
      rest.sha256 = nil
      return Digest.of(try encoder.encode(rest))
    }
  }

  /// The file of a training, counted from 0.
  package func file(training: Int) -> CheckpointFile {
    CheckpointFile(
      path: "\(path)/\(Self.name(training: training))", fingerprint: fingerprint, isResuming: isResuming,
      before: secondsBefore, started: started, lock: lock)
  }

  /// Removes the folder once its trainings are over and the model is written. Files that are not its own stay.
  public func remove() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where name.hasSuffix(Self.suffix) || name.hasSuffix(".tmp") {
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
    if path.withCString({ rmdir($0) }) == 0 { UnfinishedFiles.end(path) }
  }
}

/// What a training has of its folder from the first moment on. Where it ends before there is anything to go on with, what it
/// had settled goes with it.
final class CheckpointClaim: Sendable {
  private let path: String
  private let lock: FolderLock

  init(path: String, lock: FolderLock) { (self.path, self.lock) = (path, lock) }

  deinit {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard !names.isEmpty, !names.contains(where: { $0.hasPrefix(CheckpointFolder.prefix) }) else { return }
    for name in names where name.hasSuffix(CheckpointFolder.suffix) {
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
    if path.withCString({ rmdir($0) }) == 0 { UnfinishedFiles.end(path) }
  }
}
