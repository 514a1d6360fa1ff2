import Foundation
import Likeness
import LikenessTraining

/// What a training leaves, whatever was trained, as the command needs it.
protocol TrainingOutcome {
  /// The bytes of the model file.
  func file() throws -> Data
  /// Where its checkpoints are.
  var checkpoints: CheckpointFolder? { get }
  /// What a gallery keeps of it.
  var result: [String: JSONValue] { get throws }
  /// The page that it leaves behind.
  func page() throws -> ReportPage
}

/// A training through the command, from the first event to the written model: the same for every recipe.
struct TrainingSession {
  let running: RunOptions
  let out: String
  let recipe: String
  let seed: UInt64
  /// Whom it is trained on, by name; empty where nobody is.
  var identities: [String] = []
  /// What its second stage is called in a gallery, and further ones, where it is trained in stages.
  var stages: [String] = []

  /// Trains, shows how it goes, keeps it in a gallery where one is named, writes the model, removes its checkpoints, and
  /// writes the report.
  ///
  /// - Parameters:
  ///   - checkpoints: the trainer's folder of checkpoints.
  ///   - train: calls the trainer.
  /// - Returns: what came of it, and where the report is.
  func run<Outcome: TrainingOutcome>(
    checkpoints: String?, _ train: (@escaping @Sendable (Int, TrainingEvent) -> Void) throws -> Outcome
  ) throws -> (outcome: Outcome, report: String?) {
    let progress = TrainingProgress("Training")
    let recorder = try running.gallery.map {
      try TrainingRecorder(
        gallery: $0, recipes: [recipe] + stages, seed: seed, identities: identities, checkpoints: checkpoints,
        isResuming: running.resume)
    }
    let outcome = try train { training, event in
      progress.show(training, event)
      recorder?.hear(training, event)
    }
    progress.finish()
    let model = try outcome.file()
    try AtomicFile.write(model, to: out)
    try recorder?.finish(outcome.result, model: model)
    outcome.checkpoints?.remove()
    return (outcome, try running.report.map { try outcome.page().write(to: $0) })
  }
}

extension JSONValue {
  /// Anything that can be written as JSON.
  init(encoding value: some Encodable) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
  }
}
