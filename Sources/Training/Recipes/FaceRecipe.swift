import Images
import Networks

/// How faces are learned: everything that is chosen for the user, by rules that look at the data alone.
public struct FaceRecipe: Sendable, Hashable {
  /// The recipe's name in model files.
  public static let name = "faces"

  /// How pictures are prepared: grey, standardized and as local contrast, so that light and exposure matter little.
  public let preprocessing: Preprocessing
  /// Whether there are enough identities for a larger network, and few enough lost by setting some aside.
  public let isLarge: Bool

  /// A recipe for pictures like those of `folder`.
  ///
  /// - Throws: `PictureError` where no picture can be read.
  public init(folder: PictureFolder) throws {
    let geometry = PictureGeometry(of: folder, pixels: Self.pixels)
    preprocessing = try Preprocessing(
      colour: .grey, width: geometry.width, height: geometry.height,
      centralFraction: CentralCrop.choose(for: folder, geometry: geometry), framing: .fill,
      normalization: .standardizeWithLocalContrast)
    isLarge = folder.identities.count >= 100 && folder.pictureCount >= 1_000
  }

  /// The input's area: small enough for a CPU, large enough for a face.
  private static let pixels = 46 * 56

  /// A wide, cheap stride first, three steps to a small map, and one linear step onto the unit sphere.
  public func architecture(dimension: Int?) throws -> Architecture {
    let channels = isLarge ? [32, 48, 96, 128] : [32, 48, 64, 96]
    var layers: [LayerSpecification] = [
      .convolution(outputs: channels[0], kernel: 5, stride: 2, padding: 2, bias: false), .batchNormalization, .relu,
    ]
    for outputs in channels.dropFirst() {
      layers += [
        .convolution(outputs: outputs, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2),
      ]
    }
    if isLarge { layers += [.convolution(outputs: 192, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu] }
    layers += [.flatten, .linear(outputs: dimension ?? (isLarge ? 128 : 64), bias: false), .l2Normalization]
    return try Architecture(input: preprocessing.shape, layers: layers)
  }

  /// How many networks are joined.
  public var members: Int { isLarge ? 2 : 3 }

  /// The trainer's settings.
  public var configuration: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.loss = TripletLoss(margin: 0.3)
    configuration.miner = .softHard
    configuration.hardness = [2, 15]
    configuration.identitiesPerBatch = isLarge ? 24 : 10
    configuration.inputsPerIdentity = 4
    configuration.steps = isLarge ? 1_200 : 400
    configuration.stepsPerEpoch = isLarge ? 60 : 20
    configuration.peakRate = isLarge ? 1.5e-3 : 2e-3
    configuration.weightDecay = 1e-4
    configuration.averageDecay = 0.99
    configuration.augmentation = .faces
    configuration.validationShare = isLarge ? 0.1 : 0.2
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
