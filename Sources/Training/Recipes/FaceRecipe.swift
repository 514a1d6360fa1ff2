import Images
import Networks

/// How faces are learned: everything that is chosen for the user, by rules that look at the data alone.
public struct FaceRecipe: Sendable, Hashable {
  /// The recipe's name in model files.
  public static let name = "faces"

  /// The size of the network's input.
  private let geometry: PictureGeometry

  /// A recipe for pictures like those of `folder`.
  public init(folder: PictureFolder) {
    geometry = PictureGeometry(of: folder, pixels: Self.pixels)
  }

  /// The input's area: small enough for a CPU, large enough for a face.
  private static let pixels = 46 * 56

  /// Grey, standardized per picture, so that light and exposure matter little.
  public func preprocessing() throws -> Preprocessing {
    try Preprocessing(
      colour: .grey, width: geometry.width, height: geometry.height, framing: .fill, normalization: .standardize)
  }

  /// Five layers from a wide, cheap stride to a small map, and one linear step onto the unit sphere.
  public func architecture(dimension: Int?) throws -> Architecture {
    try Architecture(
      input: preprocessing().shape,
      layers: [
        .convolution(outputs: 32, kernel: 5, stride: 2, padding: 2, bias: false), .batchNormalization, .relu,
        .convolution(outputs: 48, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2),
        .convolution(outputs: 64, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2),
        .convolution(outputs: 96, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2),
        .flatten, .linear(outputs: dimension ?? 64, bias: false), .l2Normalization,
      ])
  }

  /// How many networks are trained apart and joined.
  public func members(identities: Int) -> Int { 4 }

  /// The trainer's settings.
  public func configuration(for inputs: LabelledInputs) -> TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.loss = TripletLoss(margin: 0.3)
    configuration.miner = .softHard
    configuration.hardness = [2, 10]
    configuration.identitiesPerBatch = 10
    configuration.inputsPerIdentity = 4
    configuration.steps = 400
    configuration.stepsPerEpoch = 20
    configuration.peakRate = 3e-3
    configuration.weightDecay = 1e-4
    configuration.averageDecay = 0.99
    configuration.augmentation = .faces
    return configuration
  }

  /// Seven places to look from, each with its mirror image.
  public static let views: [View] = {
    var views: [View] = []
    for isMirrored in [false, true] {
      views.append(View(isMirrored: isMirrored))
      for magnification: Float in [1.06, 0.94] {
        views.append(View(magnification: magnification, isMirrored: isMirrored))
      }
      for move: Float in [0.04, -0.04] {
        views.append(View(x: move, isMirrored: isMirrored))
        views.append(View(y: move, isMirrored: isMirrored))
      }
    }
    return views
  }()
}
