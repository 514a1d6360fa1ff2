import Digests
import Files
import Foundation
import Images
import Networks

/// A trained model of captions that another training begins with.
public struct CaptionParent: Sendable {
  let model: CaptionModel
  /// How it wants pictures.
  let preprocessing: Preprocessing
  /// How many of its pairs have a picture tower whose features are patches. They are told by their layers: what was fitted, and
  /// trained further since, is still of that shape.
  let patchTowers: Int
  /// What a child's card says of it.
  let card: ModelCard.Parent

  /// Reads a model file of the recipe for captions.
  ///
  /// - Throws: ``TrainingError/badSetting(name:reason:)`` where the file is no such model.
  public init(contentsOf path: String) throws {
    func bad(_ reason: String) -> TrainingError { .badSetting(name: "the model \(path) to train from", reason: reason) }
    guard let bytes = FileContents.of(path) else { throw bad("cannot be read: check the path and its rights") }
    do {
      model = try CaptionModel(bytes)
    } catch {
      throw bad("is no model of captions (\(error)): take one made by 'likeness train captions'")
    }
    guard let text = model.metadata[Preprocessing.metadataKey],
      let preprocessing = try? JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8)),
      preprocessing.shape == model.pictures.input
    else { throw bad("does not say how it wants pictures: train it again") }
    self.preprocessing = preprocessing
    patchTowers = model.pictures.members.count { CaptionPatches.isTrunk(of: $0.architecture) }
    let own = model.metadata["card"].flatMap { try? JSONDecoder().decode(Origin.self, from: Data($0.utf8)) }
    var card = ModelCard.Parent(
      sha256: Digest.of(bytes), recipe: CaptionTrainer.recipe, dataSHA256: own?.dataSHA256,
      kept: "preprocessing, views, architectures and the weights of \(model.texts.count) pairs of towers to begin with"
        + (patchTowers > 0 ? ", \(patchTowers) of them of patches" : ""))
    card.list(ofCard: model.metadata["card"])
    self.card = card
  }

  /// What is read of its card, which may be older than some settings.
  private struct Origin: Decodable {
    var dataSHA256: String?
  }

  /// One pair of towers.
  func towers(_ member: Int) -> Towers {
    Towers(
      pictures: model.pictures.members[member], texts: model.texts[member].network.members[0],
      vocabulary: model.texts[member].vocabulary, table: model.texts[member].table)
  }

  /// A pair of towers to begin with.
  struct Towers: Sendable {
    var pictures: EmbeddingModel.Member
    var texts: EmbeddingModel.Member
    var vocabulary: CaptionVocabulary
    var table: Tensor

    /// Its own vocabulary and another.
    func enlarged(_ other: CaptionVocabulary) -> CaptionVocabulary {
      CaptionVocabulary(hashes: vocabulary.hashes + other.hashes)
    }

    /// The rows of features that it knows, and of the others those of `fresh`.
    func table(_ fresh: Tensor, of other: CaptionVocabulary) -> Tensor {
      let width = table.shape[1]
      var rows = fresh
      rows.withUnsafeMutableBufferPointer { target in
        table.withUnsafeBufferPointer { source in
          for (row, feature) in other.hashes.enumerated() {
            guard let own = vocabulary.row(of: feature) else { continue }
            for d in 0..<width { target[row * width + d] = source[own * width + d] }
          }
        }
      }
      return rows
    }
  }
}
