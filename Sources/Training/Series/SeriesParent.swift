import Digests
import Files
import Foundation
import Networks

/// A trained model of series that another training begins with.
public struct SeriesParent: Sendable {
  let model: SeriesModel
  /// What a child's card says of it.
  let card: ModelCard.Parent
  private let own: SeriesCard

  /// Reads a model file of the recipe for series.
  ///
  /// - Throws: ``TrainingError/badSetting(name:reason:)`` where the file is no such model.
  public init(contentsOf path: String) throws {
    func bad(_ reason: String) -> TrainingError { .badSetting(name: "the model \(path) to train from", reason: reason) }
    guard let bytes = FileContents.of(path) else { throw bad("cannot be read: check the path and its rights") }
    do {
      model = try SeriesModel(bytes)
      own = try SeriesCard(of: model)
    } catch {
      throw bad("is no model of series that says how it was made (\(error)): take one made by 'likeness train series'")
    }
    var card = ModelCard.Parent(
      sha256: Digest.of(bytes), recipe: "series", dataSHA256: own.dataSHA256,
      kept: "front end, architecture and the encoder's weights to begin with")
    card.list(ofCard: model.network.metadata["card"])
    self.card = card
  }

  /// What is trained; the networks before it, if there are any, only pass on what the front end sees.
  var encoder: EmbeddingModel.Member { model.network.members[model.network.members.count - 1] }

  /// The settings of a further training: its shape is the model's; it is slower and not as long.
  func settings(further chosen: SeriesSettings) -> SeriesSettings {
    var settings = own.settings
    (settings.step, settings.loss, settings.seed) = (own.step, chosen.loss, chosen.seed)
    (settings.seriesPerBatch, settings.momentsPerSeries) = (chosen.seriesPerBatch, chosen.momentsPerSeries)
    (settings.steps, settings.stepsPerEpoch) = (max(1, chosen.steps / 2), chosen.stepsPerEpoch)
    (settings.patience, settings.peakRate) = (chosen.patience, chosen.peakRate * 0.2)
    (settings.weightDecay, settings.averageDecay) = (chosen.weightDecay, chosen.averageDecay)
    settings.validationShare = chosen.validationShare
    return settings
  }
}
