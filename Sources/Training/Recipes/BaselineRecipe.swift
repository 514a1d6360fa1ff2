import Foundation
import Images
import Networks

/// A classic embedding that is fitted in closed form: the bar that a trained network must clear.
public enum BaselineRecipe: Sendable, Hashable {
  /// Eigenfaces (Turk & Pentland 1991): the first principal components.
  case pca(components: Int)
  /// Fisherfaces (Belhumeur, Hespanha & Kriegman 1997): principal components, then linear discriminants, on the unit
  /// sphere. Nil keeps as many discriminants as there can be, one less than the identities.
  case fisherfaces(components: Int, discriminants: Int?)

  /// What is printed beside a network.
  public static let standard: [BaselineRecipe] = [
    .pca(components: 40), .fisherfaces(components: 80, discriminants: nil),
  ]

  /// The recipe's name, as it stands in the model file.
  public var name: String {
    switch self {
    case .pca: "pca"
    case .fisherfaces: "fisherfaces"
    }
  }

  /// Fits the recipe to a folder of folders.
  ///
  /// - Parameters:
  ///   - folder: a folder per identity.
  ///   - skipsBroken: whether pictures that cannot be read are left out instead of ending it all.
  ///   - progress: hears how many of how many pictures were read.
  /// - Throws: ``TrainingError`` for broken pictures and too few identities, and the baselines' errors.
  public func fit(
    _ folder: PictureFolder, skipsBroken: Bool = false, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> FittedEmbedder {
    let geometry = PictureGeometry(of: folder, pixels: Self.pixels)
    let preprocessing = try Preprocessing(colour: .grey, width: geometry.width, height: geometry.height)
    let (inputs, skipped) = LabelledInputs.reading(folder, preprocessing: preprocessing, progress: progress)
    guard skipsBroken || skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    let projection = try fit(inputs)
    var layers: [LayerSpecification] = [.flatten, .linear(outputs: projection.dimension, bias: true)]
    if case .fisherfaces = self { layers.append(.l2Normalization) }
    let architecture = try Architecture(input: preprocessing.shape, layers: layers)
    var card = ModelCard(
      recipe: name, seed: 0, identities: Set(inputs.labels).count, pictures: inputs.count)
    let digest = try? DataDigest(of: folder)
    card.dataSHA256 = digest?.sha256
    card.date = ModelCard.today
    card.licence = ModelCard.usualLicence
    card.list(names: Set(inputs.labels).sorted().map { inputs.names[$0] })
    card.list(files: digest?.files ?? [])
    let model = try PictureModel(
      recipe: name, preprocessing: preprocessing,
      members: [.init(architecture: architecture, weights: projection.weights(of: architecture))], views: [.straight],
      card: card)
    return FittedEmbedder(model: model, card: card, skipped: skipped)
  }

  private func fit(_ inputs: LabelledInputs) throws -> LinearProjection {
    switch self {
    case .pca(let components):
      return try PrincipalComponents.fit(
        inputs.values, features: inputs.stride, dimension: min(components, max(1, inputs.count - 1)),
        keepingFewer: true)
    case .fisherfaces(let components, let discriminants):
      let identities = Set(inputs.labels).count
      guard identities >= 2 else { throw TrainingError.tooFewIdentities(usable: identities, needed: 2) }
      let kept = min(components, max(1, inputs.count - identities))
      return try Fisherfaces.fit(
        inputs.values, features: inputs.stride, labels: inputs.labels, components: kept,
        dimension: min(discriminants ?? kept, kept, identities - 1), keepingFewer: true)
    }
  }

  /// The area that pictures are reduced to.
  private static let pixels = 46 * 56
}

/// What fitting a baseline leaves.
public struct FittedEmbedder: Sendable {
  /// The model.
  public let model: PictureModel
  /// What the model says of itself.
  public let card: ModelCard
  /// Pictures that were left out.
  public let skipped: [LabelledInputs.Skipped]
}
