import Foundation
import Networks

/// What a model of series says of itself; no path stands in it, and of dates the day the training began.
public struct SeriesCard: Sendable, Codable, Hashable, TrainingListing {
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
  /// How many of them were set aside to steer by and never trained on; models of before do not say it.
  public var validationMoments: Int?
  /// The epoch whose weights were kept; without its seconds, which are chance.
  public var bestEpoch: SeriesEpoch?
  /// The SHA-256 of the files; see ``DataDigest``.
  public var dataSHA256: String?
  /// The SHA-256 of each subject's name, sorted; see ``ModelCard/identitiesSHA256``.
  public var identitiesSHA256: [String]?
  /// The same of many; see ``ModelCard/identitiesSHA256Prefixes``.
  public var identitiesSHA256Prefixes: String?
  /// The beginnings of the files' hashes; see ``ModelCard/filesSHA256Prefixes``.
  public var filesSHA256Prefixes: String?
  /// The day the training began, `2026-01-31`, in UTC.
  public var date: String?
  /// Who may use the model, as far as the card knows.
  public var licence: String?
  /// The model that was trained further.
  public var parent: ModelCard.Parent?

  enum CodingKeys: String, CodingKey {
    case recipe, settings, channels, step, streams, subjects, moments, dataSHA256, date, licence, parent
    case identitiesSHA256, identitiesSHA256Prefixes, filesSHA256Prefixes
    case validationMoments = "validation_moments"
    case bestEpoch = "best_epoch"
  }

  /// Moments that were trained on.
  public var trainingMoments: Int { moments - (validationMoments ?? 0) }

  /// The model of a front end and an encoder's weights.
  func model(frontEnd: SeriesFrontEnd, weights: [String: Tensor]) throws -> SeriesModel {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try SeriesModel(
      frontEnd: frontEnd,
      members: [EmbeddingModel.Member(architecture: settings.architecture(count: frontEnd.count), weights: weights)],
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
    settings: SeriesSettings, data: SeriesTrainingData, bestEpoch: SeriesEpoch?
  ) {
    self.settings = settings
    (channels, step) = (data.frontEnd.sampling.channels, data.frontEnd.sampling.step)
    (streams, subjects, self.bestEpoch) = (data.streams, data.subjects.count, bestEpoch)
    moments = data.training.moments + data.validation.moments
    validationMoments = data.validation.moments
    list(names: data.subjects)
  }
}
