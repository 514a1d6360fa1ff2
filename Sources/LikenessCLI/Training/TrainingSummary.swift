import Foundation
import LikenessTraining

/// What `train` says at its end: the model, its figures on people it did not train on, and the baselines beside it.
struct TrainingSummary: Encodable {
  var model: String
  var recipe: String
  var dimension: Int
  var seed: UInt64
  var identities: Int
  var validationIdentities: Int
  var pictures: Int
  var seconds: Double
  var bestEpoch: Int
  var epochs: [EpochRecord]
  var collapses: [CollapseRecord]
  var skipped: [LabelledInputs.Skipped]
  var validation: IdentificationReport?
  var baselines: [String: IdentificationReport]

  enum CodingKeys: String, CodingKey {
    case model, recipe, dimension, seed, identities, pictures, seconds, epochs, collapses, skipped, validation, baselines
    case validationIdentities = "validation_identities"
    case bestEpoch = "best_epoch"
  }

  /// - Parameters:
  ///   - trained: the result.
  ///   - folder: what it was trained on; the baselines are fitted to the same part of it.
  ///   - out: where the model was written.
  ///   - seed: the training's seed.
  init(trained: TrainedEmbedder, folder: PictureFolder, out: String, seed: UInt64) throws {
    model = out
    recipe = trained.model.recipe
    dimension = trained.model.network.dimension
    self.seed = seed
    identities = trained.card.identities
    validationIdentities = trained.card.validationIdentities
    pictures = trained.card.pictures
    seconds = trained.seconds
    bestEpoch = trained.epochs[trained.bestEpoch].epoch
    epochs = trained.epochs
    collapses = trained.collapses
    skipped = trained.skipped
    validation = try trained.validationReport()
    baselines = try trained.baselineReports(from: folder)
  }

  var text: String {
    var lines = [
      "\(recipe): \(dimension) values a picture, trained on \(pictures) pictures of \(identities) identities in "
        + String(format: "%.0f s", seconds) + ", in \(model)"
    ]
    for collapse in collapses { lines.append(collapse.sentence) }
    if let validation {
      lines.append("")
      lines.append("On \(validationIdentities) identities that trained nothing (they chose epoch \(bestEpoch)):")
      let rows =
        [(recipe, validation)] + baselines.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      lines.append(IdentificationReport.table(rows))
    }
    if !skipped.isEmpty { lines.append("left out \(skipped.count) pictures that cannot be read") }
    return lines.joined(separator: "\n")
  }
}
