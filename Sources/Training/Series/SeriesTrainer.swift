import Foundation
import Networks

/// Trains an embedder of the moments of series: what is near in time becomes similar, all else apart.
///
/// ```swift
/// let trained = try SeriesTrainer().train(SeriesFolder(path: "watch"))
/// try trained.model.encoded().write(to: URL(fileURLWithPath: "watch.model"))
/// ```
///
/// Labels are never looked at.
public struct SeriesTrainer: Sendable {
  /// How it is trained.
  public var settings = SeriesSettings()
  /// The longest time that training may take, in minutes: the schedule then ends early. Nil for as long as it takes.
  public var minutes: Double?
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// A trainer with the recipe's settings.
  public init() {}

  /// What a training says while it runs.
  public enum Event: Sendable {
    /// The data are read: moments of series of subjects, and how many moments are set aside.
    case started(streams: Int, subjects: Int, moments: Int, validation: Int, parameters: Int)
    /// A step of so many is done.
    case step(Int, of: Int)
    /// A look at the validation data.
    case epoch(SeriesEpoch)
  }

  /// Trains on a folder of CSV files.
  ///
  /// - Throws: `SeriesError` for data that cannot be used, ``TrainingError`` for settings out of range and for a loss
  ///   that is no number.
  public func train(_ folder: SeriesFolder, onEvent: (Event) -> Void = { _ in }) throws -> TrainedSeries {
    try train(folder.streams(workers: workers), onEvent: onEvent)
  }

  /// Trains on streams.
  public func train(_ streams: [SeriesStream], onEvent: (Event) -> Void = { _ in }) throws -> TrainedSeries {
    try settings.validate()
    if let minutes, !(minutes > 0 && minutes.isFinite) {
      throw TrainingError.badSetting(name: "minutes", reason: "must be a number above 0")
    }
    let started = ContinuousClock.now
    let data = try SeriesTrainingData(streams, settings: settings, workers: workers)
    let architecture = try settings.architecture(count: data.frontEnd.count)
    onEvent(
      .started(
        streams: data.streams, subjects: data.subjects, moments: data.training.moments,
        validation: data.validation.moments, parameters: architecture.parameterCount))
    var run = try SeriesTrainingRun(architecture: architecture, data: data, settings: settings, workers: workers)
    try run.advanceToEnd(
      until: minutes.map { started.advanced(by: .seconds($0 * 60)) }, since: started, onEvent: onEvent)
    let card = SeriesCard(
      settings: settings, channels: data.frontEnd.sampling.channels, step: data.frontEnd.sampling.step,
      streams: data.streams, subjects: data.subjects, moments: data.training.moments + data.validation.moments,
      bestEpoch: run.epochs.isEmpty ? nil : run.epochs[run.best].withoutSeconds)
    let model = try card.model(frontEnd: data.frontEnd, weights: run.bestWeights)
    return TrainedSeries(
      model: model, card: card, epochs: run.epochs, notes: data.notes, seconds: started.secondsUntilNow,
      framesPerSecond: run.framesPerSecond)
  }
}
