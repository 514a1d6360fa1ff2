import Files
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
    /// What was chosen, as the plan said it.
    var configuration: JSONValue?
    /// By training.
    var runs: [Int: TrainingRunID] = [:]
    /// By training, when its last epoch ended, in seconds of the training.
    var seconds: [Int: Double] = [:]
    var failure: (any Error)?
  }

  private let gallery: Gallery
  /// The recipe of each training that is kept, one run each: losses of two stages are of two kinds, and the best of both
  /// would be that of neither.
  private let recipes: [String]
  private let seed: UInt64
  private let identities: [String]
  /// The folder where the number of a run is kept for its resumption.
  private let checkpoints: String?
  private let isResuming: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - path: the gallery, made where it is not there.
  ///   - recipes: of the trainings to keep, in their order. Of several of a kind that is the first, which is the one that is
  ///     steered.
  ///   - checkpoints: the folder of the training's checkpoints.
  init(
    gallery path: String, recipes: [String], seed: UInt64, identities: [String], checkpoints: String?, isResuming: Bool
  ) throws {
    var configuration = GalleryConfiguration()
    configuration.indexing = .onFirstQuery
    gallery = try Gallery(path: path, configuration: configuration)
    self.recipes = recipes
    self.seed = seed
    self.identities = identities
    self.checkpoints = checkpoints
    self.isResuming = isResuming
  }

  /// Hears of the training what there is to keep. What cannot be kept is said at the end: a training is worth more than its
  /// record.
  func hear(_ training: Int, _ event: TrainingEvent) {
    guard recipes.indices.contains(training) else { return }
    state.withLock { state in
      do {
        switch event {
        case .planned(_, let configuration):
          state.configuration = try JSONValue(encoding: configuration)
          state.runs[0] = try begin(0, state)
        case .started where state.runs[training] == nil: state.runs[training] = try begin(training, state)
        case .resumed(_, let seconds): state.seconds[training] = seconds
        case .epoch(let record):
          guard let run = state.runs[training] else { return }
          let before = state.seconds[training] ?? 0
          state.seconds[training] = record.seconds
          try gallery.recordEpoch(epoch(record, since: before), of: run)
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
    let (runs, failure) = state.withLock { ($0.runs, $0.failure) }
    if let failure { throw failure }
    for (_, run) in runs.sorted(by: { $0.key < $1.key }) {
      try gallery.recordTrainingResult(result, modelName: recipes[0], model: model, of: run)
    }
    if !runs.isEmpty { try gallery.close() }
  }

  private func begin(_ training: Int, _ state: State) throws -> TrainingRunID {
    let note = checkpoints.map { $0 + (training == 0 ? "/gallery.checkpoint" : "/gallery-\(training + 1).checkpoint") }
    if isResuming, let note, let text = FileContents.of(note), let id = Int64(String(decoding: text, as: UTF8.self)),
      try gallery.trainingRuns().contains(where: { $0.id.rawValue == id && $0.finishedAt == nil })
    {
      return TrainingRunID(rawValue: id)
    }
    guard case .object(let settings)? = state.configuration else {
      throw CommandFailure("the settings are no JSON object")
    }
    let run = try gallery.recordTraining(
      TrainingStart(recipe: recipes[training], configuration: settings, seed: seed, identities: identities))
    if let note { try AtomicFile.write(Data("\(run.rawValue)".utf8), to: note) }
    return run
  }

  private func epoch(_ record: any TrainedEpoch, since before: Double) -> TrainingEpoch {
    var metrics = record.metrics.filter { $0.value.isFinite }.mapValues { JSONValue.number($0) }
    metrics["step"] = .number(Double(record.step))
    let validationLoss = record.metrics["validation_loss"].flatMap { $0.isFinite ? $0 : nil }
    return TrainingEpoch(
      epoch: record.epoch, loss: record.loss, validationLoss: validationLoss, metrics: metrics,
      seconds: max(0, record.seconds - before))
  }
}
