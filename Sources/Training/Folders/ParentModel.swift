import Digests
import Files
import Foundation
import Images
import Networks

/// A trained model that another training begins with.
public struct ParentModel: Sendable {
  /// Its networks.
  let network: EmbeddingModel
  /// How it wants pictures.
  let preprocessing: Preprocessing
  /// What a child's card says of it.
  let card: ModelCard.Parent

  /// Reads a model file of a recipe, by its name: ``FaceRecipe/name``, ``PictureRecipe/name``.
  ///
  /// - Throws: ``TrainingError/badSetting(name:reason:)`` where the file is no such model.
  public init(contentsOf path: String, recipe: String = FaceRecipe.name) throws {
    func bad(_ reason: String) -> TrainingError { .badSetting(name: "the model \(path) to train from", reason: reason) }
    guard let bytes = FileContents.of(path) else { throw bad("cannot be read: check the path and its rights") }
    do {
      network = try EmbeddingModel(bytes)
    } catch {
      throw bad("cannot be read: \(error)")
    }
    guard network.metadata["kind"] == "image", network.metadata["recipe"] == recipe,
      let text = network.metadata[Preprocessing.metadataKey],
      let preprocessing = try? JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8)),
      preprocessing.shape == network.input
    else {
      throw bad(
        "is of the recipe \"\(network.metadata["recipe"] ?? "unknown")\": take a model made by "
          + "'likeness train \(recipe)'")
    }
    self.preprocessing = preprocessing
    let own = network.metadata["card"].flatMap { try? JSONDecoder().decode(ModelCard.self, from: Data($0.utf8)) }
    var card = ModelCard.Parent(
      sha256: Digest.of(bytes), recipe: recipe, dataSHA256: own?.dataSHA256,
      kept:
        "preprocessing, \(network.framing == nil ? "" : "framing, ")architecture, views and the weights of \(network.members.count) networks to begin with"
    )
    card.list(ofCard: network.metadata["card"])
    self.card = card
  }
}
