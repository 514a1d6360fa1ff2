import Foundation
import Networks

/// What a model of series says of itself; no path stands in it, and of dates the day the training began.
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
  /// The SHA-256 of the files; see ``DataDigest``.
  public var dataSHA256: String?
  /// The day the training began, `2026-01-31`, in UTC.
  public var date: String?
  /// Who may use the model, as far as the card knows.
  public var licence: String?
  /// The model that was trained further.
  public var parent: ModelCard.Parent?

  enum CodingKeys: String, CodingKey {
    case recipe, settings, channels, step, streams, subjects, moments, dataSHA256, date, licence, parent
    case bestEpoch = "best_epoch"
  }

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
    settings: SeriesSettings, channels: [String], step: Double, streams: Int, subjects: Int, moments: Int,
    bestEpoch: SeriesEpoch?
  ) {
    (self.settings, self.channels, self.step) = (settings, channels, step)
    (self.streams, self.subjects, self.moments, self.bestEpoch) = (streams, subjects, moments, bestEpoch)
  }
}
