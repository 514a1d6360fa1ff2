import Foundation
import Networks

/// Trains an embedder of the moments of series: what is near in time becomes similar, all else apart.
///
/// ```swift
/// let trained = try SeriesTrainer().train(SeriesFolder(path: "watch"))
/// try trained.model.encoded().write(to: URL(fileURLWithPath: "watch.model"))
/// ```
///
/// Labels are never looked at. The same data, settings and seed give the same bytes on any number of workers, also when it
/// was cut off and resumed, unless there is a time to keep.
public struct SeriesTrainer: LongTraining {
  /// How it is trained.
  public var settings = SeriesSettings()
  /// Whether files that cannot be read are left out instead of ending it all.
  public var skipsBroken = false
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?
  /// A folder to keep checkpoints in while it trains; nil for none.
  public var checkpoints: String?
  /// Whether to go on from the checkpoints that are there.
  public var resumes = false
  /// Seconds to keep, reading included; nil for as many as the steps need.
  public var seconds: Double?
  /// Who may use the model, for the card.
  public var licence: String?
  /// A model to begin with: its front end, its encoder's shape and weights are kept.
  public var parent: SeriesParent?

  /// A trainer with the recipe's settings.
  public init() {}

  /// Trains on a folder of CSV files.
  ///
  /// - Throws: `SeriesError` for data that cannot be used, ``TrainingError`` for settings out of range, a loss that is no
  ///   number, and checkpoints that cannot be written or used.
  public func train(
    _ folder: SeriesFolder, onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> TrainedSeries {
    let started = ContinuousClock.now
    let claim = try claim()
    defer { withExtendedLifetime(claim) {} }
    let (streams, skipped) =
      skipsBroken
      ? try folder.readableStreams(workers: workers) : (try folder.streams(workers: workers), [])
    let left = Set(skipped.map(\.path))
    let files = folder.files.filter { !left.contains($0) }
      .map { (name: ($0 as NSString).lastPathComponent, path: $0) }
    var trained = try train(streams, digest: DataDigest(of: files), since: started, onEvent: onEvent)
    trained.skipped = skipped.map { .init(path: $0.path, reason: $0.reason) }
    return trained
  }

  /// Trains on streams.
  ///
  /// - Throws: as ``train(_:onEvent:)-(SeriesFolder,_)``.
  public func train(
    _ streams: [SeriesStream], onEvent: @Sendable (Int, TrainingEvent) -> Void = { _, _ in }
  ) throws -> TrainedSeries {
    try train(streams, digest: nil, since: .now, onEvent: onEvent)
  }

  private func train(
    _ streams: [SeriesStream], digest: DataDigest?, since started: ContinuousClock.Instant,
    onEvent: (Int, TrainingEvent) -> Void
  ) throws -> TrainedSeries {
    let settings = parent?.settings(further: settings) ?? settings
    try settings.validate()
    try checkTime()
    let data = try SeriesTrainingData(
      streams, settings: settings, frontEnd: parent?.model.frontEnd, workers: workers)
    let architecture = try settings.architecture(count: data.frontEnd.count)
    let folder = try checkpointFolder(
      Everything(data: data.digest, settings: settings, parent: parent?.card.sha256, byTime: seconds != nil),
      since: started, onEvent: onEvent)
    let date = try folder?.date() ?? ModelCard.today
    onEvent(0, .planned(trainings: 1, configuration: settings))
    onEvent(
      0,
      .started(
        parameters: architecture.parameterCount,
        data: "\(data.training.moments) moments, \(data.validation.moments) others to steer by, of \(data.streams) "
          + "streams of \(data.subjects.count) subjects"))
    let loop = try TrainingLoop.finished(
      SeriesLearner(
        architecture: architecture, data: data, settings: settings, start: parent?.encoder.weights, workers: workers),
      clock: TrainingClock(share: seconds.map { max(0, 1 - started.secondsUntilNow / $0) } ?? 1, of: seconds),
      file: folder?.file(training: 0)
    ) { onEvent(0, $0) }
    var card = SeriesCard(settings: settings, data: data, bestEpoch: loop.epochs[loop.kept].withoutSeconds)
    (card.dataSHA256, card.date, card.parent) = (digest?.sha256, date, parent?.card)
    card.list(files: digest?.files ?? [])
    card.licence = licence ?? ModelCard.usualLicenceOfData
    var notes = data.notes
    if let parent, let listing = parent.model.network.metadata["card"].flatMap(TrainedIdentities.init(card:)),
      let note = listing.note(setAside: data.subjectsAside, noun: "subjects")
    {
      notes.append(note)
    }
    let model = try card.model(frontEnd: data.frontEnd, weights: loop.weights)
    return TrainedSeries(
      model: model, card: card, epochs: loop.epochs, streams: streams, subjectsAside: data.subjectsAside,
      notes: notes, checkpoints: folder,
      seconds: (folder?.secondsBefore ?? 0) + started.secondsUntilNow,
      framesPerSecond: loop.learner.framesPerSecond)
  }

  /// All that decides the result.
  private struct Everything: Encodable {
    var recipe = "series"
    var data: String
    var settings: SeriesSettings
    var parent: String?
    var byTime: Bool
  }
}
