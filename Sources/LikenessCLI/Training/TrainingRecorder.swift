import Foundation
import Likeness
import LikenessTraining
import Synchronization

/// Keeps a training in a gallery while it runs: that it began, whom it is trained on, its epochs, and what came of it, so
/// that SQL can ask for them.
///
/// A training that is cut off stays there unfinished, and is the same one when it is resumed.
final class TrainingRecorder: Sendable {
  private struct State {
    var run: TrainingRunID?
    /// When the last epoch ended, in seconds of the training.
    var seconds = 0.0
    var failure: (any Error)?
  }

  private let gallery: Gallery
  private let recipe: String
  private let seed: UInt64
  private let identities: [String]
  /// Where the number of a run is kept for its resumption.
  private let note: String?
  private let isResuming: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - path: the gallery, made where it is not there.
  ///   - checkpoints: the folder of the training's checkpoints.
  init(
    gallery path: String, recipe: String, seed: UInt64, identities: [String], checkpoints: String?, isResuming: Bool
  ) throws {
    var configuration = GalleryConfiguration()
    configuration.indexing = .onFirstQuery
    gallery = try Gallery(path: path, configuration: configuration)
    self.recipe = recipe
    self.seed = seed
    self.identities = identities
    note = checkpoints.map { $0 + "/gallery.checkpoint" }
    self.isResuming = isResuming
  }

  /// Hears of the training what there is to keep. What cannot be kept is said at the end: a training is worth more than its
  /// record.
  func hear(_ training: Int, _ event: TrainingEvent) {
    state.withLock { state in
      do {
        switch event {
        case .planned(_, let configuration): state.run = try begin(JSONValue(encoding: configuration))
        // The first training is the one that is steered.
        case .epoch(let record) where training == 0:
          guard let run = state.run else { return }
          try gallery.recordEpoch(epoch(record, since: state.seconds), of: run)
          state.seconds = record.seconds
        default: break
        }
      } catch {
        state.failure = state.failure ?? error
      }
    }
  }

  /// Keeps what came of it.
  ///
  /// - Throws: what kept any of it from being kept.
  func finish(_ result: [String: JSONValue], model: Data) throws {
    let (run, failure) = state.withLock { ($0.run, $0.failure) }
    if let failure { throw failure }
    guard let run else { return }
    try gallery.recordTrainingResult(result, modelName: recipe, model: model, of: run)
    try gallery.close()
  }

  private func begin(_ configuration: JSONValue) throws -> TrainingRunID {
    if isResuming, let note, let text = try? String(contentsOfFile: note, encoding: .utf8), let id = Int64(text),
      try gallery.trainingRuns().contains(where: { $0.id.rawValue == id && $0.finishedAt == nil })
    {
      return TrainingRunID(rawValue: id)
    }
    guard case .object(let settings) = configuration else { throw CommandFailure("the settings are no JSON object") }
    let run = try gallery.recordTraining(
      TrainingStart(recipe: recipe, configuration: settings, seed: seed, identities: identities))
    if let note { try AtomicFile.write(Data("\(run.rawValue)".utf8), to: note) }
    return run
  }

  private func epoch(_ record: any TrainedEpoch, since before: Double) -> TrainingEpoch {
    var metrics = record.metrics.filter { $0.value.isFinite }.mapValues { JSONValue.number($0) }
    metrics["step"] = .number(Double(record.step))
    return TrainingEpoch(
      epoch: record.epoch, loss: record.loss, metrics: metrics, seconds: max(0, record.seconds - before))
  }
}
