import Files
import Foundation
import Networks

/// All that a training is made of between two epochs: what goes on from it cannot be told from what was never cut off.
struct TrainingCheckpoint<L: Learner> {
  /// What is no tensor.
  struct Position: Sendable, Codable {
    var place: TrainingPlace
    var epochs: [L.Epoch]
    var kept: Int
    /// Nil in what older versions wrote.
    var keptProgress: Double?
    var isFinished: Bool
    var seconds: Double
    /// The part of the time for all trainings that this one has; nil where there is no time to keep.
    var share: Double?
    var state: L.State
  }

  var position: Position
  /// By what they belong to.
  var tensors: [String: [String: Tensor]]

  init(position: Position, tensors: [String: [String: Tensor]]) {
    self.position = position
    self.tensors = tensors
  }

  private static var format: String { "training checkpoint 2" }

  /// The checkpoint as a safetensors file, which says whether it is as it was written.
  ///
  /// - Parameter elapsed: seconds that all trainings together have taken.
  func encoded(fingerprint: String, elapsed: Double) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var flat: [String: Tensor] = [:]
    for (part, tensors) in tensors {
      for (name, tensor) in tensors { flat["\(part)/\(name)"] = tensor }
    }
    return try SafeTensors(
      tensors: flat,
      metadata: [
        "format": Self.format, "training": fingerprint, CheckpointFile.elapsedKey: "\(elapsed)",
        "position": String(decoding: try encoder.encode(position), as: UTF8.self),
      ]
    ).encoded()
  }

  /// Reads what ``encoded(fingerprint:elapsed:)`` wrote.
  ///
  /// - Throws: ``TrainingError/checkpointDamaged(path:reason:)``, ``TrainingError/checkpointUnusable(path:reason:)``.
  init(contentsOf path: String, fingerprint: String) throws {
    func unusable(_ reason: String) -> TrainingError { .checkpointUnusable(path: path, reason: reason) }
    let file: SafeTensors
    do {
      guard let bytes = FileContents.of(path) else { throw CocoaError(.fileReadUnknown) }
      file = try SafeTensors(bytes)
    } catch let error as ModelFileError {
      throw TrainingError.checkpointDamaged(path: path, reason: Self.fault(error))
    } catch {
      throw TrainingError.checkpointDamaged(path: path, reason: "it cannot be read")
    }
    guard file.metadata["format"] == Self.format else { throw unusable("is no checkpoint of this version") }
    guard file.metadata["training"] == fingerprint else {
      throw unusable(TrainingError.anotherTraining)
    }
    guard
      let position = try? JSONDecoder().decode(Position.self, from: Data((file.metadata["position"] ?? "").utf8)),
      position.epochs.indices.contains(position.kept), position.place.step >= 1, position.seconds.isFinite
    else { throw unusable("does not say where the training was") }
    self.position = position
    tensors = [:]
    for (name, tensor) in file.tensors {
      let parts = name.split(separator: "/", maxSplits: 1)
      guard parts.count == 2 else { throw unusable("has a tensor that belongs to nothing") }
      tensors[String(parts[0]), default: [:]][String(parts[1])] = tensor
    }
  }

  /// What is wrong with a file, without the way out that a model's has.
  private static func fault(_ error: ModelFileError) -> String {
    error.description.split(separator: ": ").first.map(String.init) ?? error.description
  }
}
