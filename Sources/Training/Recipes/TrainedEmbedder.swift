import Foundation
import Images
import Networks

/// What a training leaves: the model, and what was seen on the way.
public struct TrainedEmbedder: Sendable {
  /// The model.
  public let model: PictureModel
  /// What the model says of itself.
  public let card: ModelCard
  /// How each network's training went.
  public let committee: [CommitteeTrainer.Member]
  /// What it was trained on.
  let inputs: LabelledInputs
  /// Pictures that were left out.
  public let skipped: [LabelledInputs.Skipped]
  /// How long it took, in seconds.
  public let seconds: Double

  /// The bytes of the model file.
  public func file() throws -> Data { try model.file() }

  /// The identities that the first network set aside to steer by.
  public var validationIdentities: [String] {
    guard let rows = committee.first?.fold.validation else { return [] }
    return Set(rows.map { inputs.labels[$0] }).sorted().map { inputs.names[$0] }
  }

  /// How the first network does on the identities that it set aside, and the baselines, fitted to the same others,
  /// beside it; nil where none were set aside.
  ///
  /// One network, on few identities that helped to choose its epoch: a first impression. For figures to quote, keep
  /// people apart from the training and measure the whole model on them with ``PictureModel/evaluate(on:draws:bootstrap:seed:)``.
  public func validationReports(folder: PictureFolder) throws -> [(name: String, report: IdentificationReport)]? {
    guard let first = committee.first, !first.fold.validation.isEmpty else { return nil }
    let aside = Set(validationIdentities)
    let known = folder.subset(folder.identities.filter { !aside.contains($0.name) })
    let unseen = folder.subset(folder.identities.filter { aside.contains($0.name) })
    let network = try PictureModel(
      recipe: model.recipe, preprocessing: model.preprocessing, architecture: model.network.architecture,
      members: [first.result.weights], views: model.network.views, card: card)
    let validation = inputs.rows(first.fold.validation)
    var reports = [(name: "\(model.recipe), 1 of \(committee.count)", report: try network.evaluate(on: validation))]
    for recipe in BaselineRecipe.standard {
      let baseline = try recipe.fit(known, skipsBroken: true)
      reports.append((recipe.name, try baseline.model.evaluate(on: unseen, skipsBroken: true)))
    }
    return reports
  }
}
