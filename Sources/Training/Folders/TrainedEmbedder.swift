import Foundation
import Images
import Networks

/// What a training leaves: the model, and what was seen on the way.
public struct TrainedEmbedder: Sendable {
  /// The model.
  public internal(set) var model: PictureModel
  /// What the model says of itself.
  public internal(set) var card: ModelCard
  /// How the trainings went.
  public let committee: CommitteeTrainer.Committee
  /// What it was trained on.
  let inputs: LabelledInputs
  /// Pictures that were left out.
  public let skipped: [LabelledInputs.Skipped]
  /// Where its checkpoints are; to be removed once the model is written.
  public let checkpoints: CheckpointFolder?
  /// How long it took, in seconds, what was taken before it was cut off included.
  public internal(set) var seconds: Double
  /// How the scout and the baselines do on the identities that were set aside.
  public internal(set) var reports: [(name: String, report: IdentificationReport)]?

  /// Few-shot figures of the same, where the recipe measures them.
  public internal(set) var fewShots: [(name: String, report: FewShotReport)]?

  /// The bytes of the model file.
  public func file() throws -> Data { try model.file() }

  /// The identities that were set aside to steer by.
  public var validationIdentities: [String] {
    Set(committee.fold.validation.map { inputs.labels[$0] }).sorted().map { inputs.names[$0] }
  }

  /// Identities of one picture, which nothing can be learned of.
  public var singleIdentities: [String] { inputs.singleIdentities }

  /// How the scout alone does on the identities that were set aside, and the baselines, fitted to the same others, beside
  /// it; nil where none were set aside.
  ///
  /// One network, on identities that helped to choose its epoch: a first impression. For figures to quote, keep people
  /// apart from the training and measure the whole model on them with ``PictureModel/evaluate(on:skipsBroken:draws:bootstrap:seed:)``.
  public func validationReports(folder: PictureFolder) throws -> [(name: String, report: IdentificationReport)]? {
    try reports ?? measure(folder: folder)
  }

  func measure(folder: PictureFolder) throws -> [(name: String, report: IdentificationReport)]? {
    guard let scout = committee.scout else { return nil }
    let aside = Set(validationIdentities)
    let known = folder.subset(folder.identities.filter { !aside.contains($0.name) })
    let unseen = Self.bounded(folder.subset(folder.identities.filter { aside.contains($0.name) }))
    let one = try scoutModel(scout)
    var reports = [
      (
        name: "\(model.recipe), one network",
        report: one.network.framing == nil
          ? try one.evaluate(on: validationInputs) : try one.evaluate(on: unseen, skipsBroken: true)
      )
    ]
    for recipe in BaselineRecipe.standard {
      do {
        let baseline = try recipe.fit(known, skipsBroken: true)
        reports.append((recipe.name, try baseline.model.evaluate(on: unseen, skipsBroken: true)))
      } catch is BaselineError {
        // Pictures that are all the same, say: what was trained is there all the same.
        continue
      }
    }
    return reports
  }

  /// The folder with no more pictures than are looked at, as many of each identity.
  private static func bounded(_ folder: PictureFolder) -> PictureFolder {
    let count = folder.identities.reduce(0) { $0 + $1.files.count }
    guard count > ValidationFold.mostRows else { return folder }
    let most = max(2, ValidationFold.mostRows / folder.identities.count)
    return folder.subset(folder.identities.map { .init(name: $0.name, files: Array($0.files.prefix(most))) })
  }

  /// The inputs that were set aside.
  var validationInputs: LabelledInputs { inputs.rows(committee.fold.validation) }

  /// The scout as a model of its own.
  func scoutModel(_ scout: EmbeddingTrainer.Result) throws -> PictureModel {
    try PictureModel(
      recipe: model.recipe, preprocessing: model.preprocessing,
      members: [.init(architecture: model.network.members[0].architecture, weights: scout.weights)],
      views: model.network.views, framing: model.network.framing, card: card)
  }
}
