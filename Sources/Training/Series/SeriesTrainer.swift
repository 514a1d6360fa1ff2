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
    try run.advanceToEnd(until: minutes.map { started.advanced(by: .seconds($0 * 60)) }, since: started, onEvent: onEvent)
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

/// One look at the validation data.
public struct SeriesEpoch: Sendable, Codable, Hashable {
  /// Counted from 1.
  public var epoch: Int
  /// Steps done.
  public var step: Int
  /// The mean loss of the epoch's steps.
  public var loss: Double
  /// The averaged weights' loss on data never trained on; nil where none were set aside.
  public var validationLoss: Double?
  /// Since the beginning.
  public var seconds: Double

  enum CodingKeys: String, CodingKey {
    case epoch, step, loss, seconds
    case validationLoss = "validation_loss"
  }

  var withoutSeconds: SeriesEpoch {
    var epoch = self
    epoch.seconds = 0
    return epoch
  }
}

/// What a model of series says of how it came to be. It holds no date and no path: the same training gives the same
/// bytes.
public struct SeriesCard: Sendable, Codable, Hashable {
  /// The recipe.
  public var recipe = "series"
  /// How it was trained.
  public var settings: SeriesSettings
  /// The channels it looks at.
  public var channels: [String]
  /// Milliseconds from a sample to the next.
  public var step: Double
  /// Streams in the data.
  public var streams: Int
  /// Subjects in the data.
  public var subjects: Int
  /// Moments in the data, those set aside included.
  public var moments: Int
  /// The epoch whose weights were kept; without its seconds, which are chance.
  public var bestEpoch: SeriesEpoch?

  enum CodingKeys: String, CodingKey {
    case recipe, settings, channels, step, streams, subjects, moments
    case bestEpoch = "best_epoch"
  }

  /// The model of a front end and an encoder's weights.
  func model(frontEnd: SeriesFrontEnd, weights: [String: Tensor]) throws -> SeriesModel {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let count = frontEnd.count
    var identity = Tensor(shape: [count, count])
    identity.withUnsafeMutableBufferPointer { values in for i in 0..<count { values[i * count + i] = 1 } }
    let seen = EmbeddingModel.Member(
      architecture: try Architecture(input: [count], layers: [.linear(outputs: count, bias: false)]),
      weights: ["0.weight": identity])
    return try SeriesModel(
      frontEnd: frontEnd,
      members: [seen, EmbeddingModel.Member(architecture: settings.architecture(count: count), weights: weights)],
      metadata: ["recipe": recipe, "card": String(decoding: try encoder.encode(self), as: UTF8.self)])
  }

  /// The card of a model file.
  ///
  /// - Throws: `ModelFileError` where the model has none that can be read.
  public init(of model: SeriesModel) throws {
    do {
      self = try JSONDecoder().decode(SeriesCard.self, from: Data((model.network.metadata["card"] ?? "").utf8))
    } catch {
      throw ModelFileError("its model card cannot be read: train it again")
    }
  }

  init(
    settings: SeriesSettings, channels: [String], step: Double, streams: Int, subjects: Int, moments: Int,
    bestEpoch: SeriesEpoch?
  ) {
    (self.settings, self.channels, self.step) = (settings, channels, step)
    (self.streams, self.subjects, self.moments, self.bestEpoch) = (streams, subjects, moments, bestEpoch)
  }
}

/// What a training leaves.
public struct TrainedSeries: Sendable {
  /// The model.
  public let model: SeriesModel
  /// What it says of itself.
  public let card: SeriesCard
  /// How the training went.
  public let epochs: [SeriesEpoch]
  /// What was left out of the data, in sentences.
  public let notes: [String]
  /// How long all of it took, in seconds.
  public let seconds: Double
  /// Moments trained on in a second.
  public let framesPerSecond: Double
}
