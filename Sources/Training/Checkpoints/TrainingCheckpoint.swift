import Foundation
import Networks

/// All that a training is made of between two epochs: what goes on from it cannot be told from what was never cut off.
struct TrainingCheckpoint: Sendable {
  /// What is no tensor.
  struct Position: Sendable, Codable {
    var step: Int
    var epochs: [EpochRecord]
    var bestEpoch: Int
    var isFinished: Bool
    var seconds: Double
    /// The fresh starts before this one.
    var collapses: [CollapseRecord]
    /// How this start is trained.
    var configuration: TrainingConfiguration
    var trainingPasses: UInt64
    var sampler: IdentityBatchSampler.State
    var minerRandom: SeededRandom
    var detector: CollapseDetector
    var choice: EpochChoice
  }

  var position: Position
  /// By what they belong to: `network`, `best`, `average`, `optimizer`, `head`.
  var tensors: [String: [String: Tensor]]

  private static let format = "training checkpoint 1"

  /// The checkpoint as a safetensors file.
  func encoded(fingerprint: String) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var flat: [String: Tensor] = [:]
    for (part, tensors) in tensors {
      for (name, tensor) in tensors { flat["\(part)/\(name)"] = tensor }
    }
    return try SafeTensors(
      tensors: flat,
      metadata: [
        "format": Self.format, "training": fingerprint,
        "position": String(decoding: try encoder.encode(position), as: UTF8.self),
      ]
    ).encoded()
  }

  /// Reads what ``encoded(fingerprint:)`` wrote.
  ///
  /// - Throws: ``TrainingError/checkpointUnusable(path:reason:)``.
  init(contentsOf path: String, fingerprint: String) throws {
    func unusable(_ reason: String) -> TrainingError { .checkpointUnusable(path: path, reason: reason) }
    let file: SafeTensors
    do {
      file = try SafeTensors(contentsOf: path)
    } catch {
      throw unusable("is damaged (\(error))")
    }
    guard file.metadata["format"] == Self.format else { throw unusable("is no checkpoint of this version") }
    guard file.metadata["training"] == fingerprint else {
      throw unusable("belongs to another training: the data, the settings or the seed were others")
    }
    guard
      let position = try? JSONDecoder().decode(Position.self, from: Data((file.metadata["position"] ?? "").utf8)),
      position.epochs.indices.contains(position.bestEpoch), (1...10_000_000).contains(position.step)
    else { throw unusable("does not say where the training was") }
    self.position = position
    tensors = [:]
    for (name, tensor) in file.tensors {
      let parts = name.split(separator: "/", maxSplits: 1)
      guard parts.count == 2 else { throw unusable("has a tensor that belongs to nothing") }
      tensors[String(parts[0]), default: [:]][String(parts[1])] = tensor
    }
  }

  init(position: Position, tensors: [String: [String: Tensor]]) {
    self.position = position
    self.tensors = tensors
  }
}
