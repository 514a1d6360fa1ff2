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
    /// When the last epoch ended, in seconds of the training, and which training that was.
    var seconds = 0.0
    var training = 0
    /// Epochs of the trainings before.
    var earlier = 0
    var last = 0
    var failure: (any Error)?

    mutating func advance(to training: Int, epoch: Int, seconds: Double?) {
      if training != self.training { (self.training, earlier, last) = (training, earlier + last, 0) }
      last = max(last, epoch)
      self.seconds = seconds ?? 0
    }
  }

  private let gallery: Gallery
  private let recipe: String
  private let seed: UInt64
  private let identities: [String]
  /// Where the number of a run is kept for its resumption.
  private let note: String?
  private let isResuming: Bool
  /// Whether trainings are stages, one after another, and not several of a kind, of which the first is the one that is
  /// steered.
  private let areStages: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - path: the gallery, made where it is not there.
  ///   - checkpoints: the folder of the training's checkpoints.
  ///   - areStages: whether the epochs of all trainings are kept, one after another; else those of the first.
  init(
    gallery path: String, recipe: String, seed: UInt64, identities: [String], checkpoints: String?, isResuming: Bool,
    areStages: Bool
  ) throws {
    self.areStages = areStages
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
        case .resumed(let epoch) where keeps(training): state.advance(to: training, epoch: epoch, seconds: nil)
        case .epoch(let record) where keeps(training):
          guard let run = state.run else { return }
          let before = state.training == training ? state.seconds : 0
          state.advance(to: training, epoch: record.epoch, seconds: record.seconds)
          try gallery.recordEpoch(epoch(record, number: state.earlier + record.epoch, since: before), of: run)
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

  private func keeps(_ training: Int) -> Bool { areStages || training == 0 }

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

  private func epoch(_ record: any TrainedEpoch, number: Int, since before: Double) -> TrainingEpoch {
    var metrics = record.metrics.filter { $0.value.isFinite }.mapValues { JSONValue.number($0) }
    metrics["step"] = .number(Double(record.step))
    return TrainingEpoch(
      epoch: number, loss: record.loss, metrics: metrics, seconds: max(0, record.seconds - before))
  }
}
