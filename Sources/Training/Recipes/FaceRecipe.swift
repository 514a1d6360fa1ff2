import Images
import Networks

/// How faces are learned: everything that is chosen for the user, by rules that look at the data alone.
public struct FaceRecipe: FolderRecipe, Hashable {
  /// The recipe's name in model files.
  public static let name = "faces"

  /// How pictures are prepared: grey and standardized, with many people to learn from also as local contrast, so that
  /// light and exposure matter little. Of few people only the part around the centre that tells most is kept; of many, all
  /// that a portrait has room for.
  public let preprocessing: Preprocessing
  /// Whether there are enough identities for a larger network, and few enough lost by setting some aside.
  public let isLarge: Bool
  /// How much nearer than ``preprocessing`` shows them the pictures of many people are best told apart, 1 or more. What is
  /// learned is to know them from there as from afar: people will be asked about in pictures of other makers, who frame
  /// faces otherwise.
  public let nearest: Double

  /// A recipe for pictures like those of `folder`.
  ///
  /// - Parameter preprocessing: how they are to be prepared; nil to choose by the pictures.
  /// - Throws: `PictureError` where no picture can be read.
  public init(folder: PictureFolder, preprocessing given: Preprocessing? = nil) throws {
    isLarge = folder.identities.count >= 100 && folder.pictureCount >= 1_000
    let geometry = PictureGeometry(
      of: folder, pixels: isLarge ? Self.manyPixels : Self.pixels, widest: isLarge ? Self.portrait : 1.6)
    let crop = given == nil || isLarge ? try CentralCrop.choose(for: folder, geometry: geometry) : 1
    preprocessing =
      try given
      ?? Preprocessing(
        colour: .grey, width: geometry.width, height: geometry.height, centralFraction: isLarge ? 1 : crop,
        framing: .fill, normalization: isLarge ? .halfStandardizeWithRootContrast : .standardize)
    nearest = isLarge ? max(1, preprocessing.centralFraction / crop) : 1
  }

  /// With many identities the network that was steered by some of them stays.
  public var keepsScout: Bool { isLarge }

  /// The input's area: small enough for a CPU, large enough for a face.
  private static let pixels = 46 * 56

  /// Its area where faces are small in it as well as large.
  private static let manyPixels = 3_000

  /// A portrait's width by its height: what wide pictures have beside a face is left out.
  private static let portrait = 46.0 / 56

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
    if isLarge {
      layers += [.convolution(outputs: 192, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu]
    }
    layers += [.flatten, .linear(outputs: dimension ?? (isLarge ? 128 : 64), bias: false), .l2Normalization]
    return try Architecture(input: preprocessing.shape, layers: layers)
  }

  /// A network of one linear step. From few people it learns no less than a deep one, and errs otherwise.
  public func linearArchitecture(dimension: Int?) throws -> Architecture {
    try Architecture(
      input: preprocessing.shape,
      layers: [.flatten, .linear(outputs: dimension ?? 64, bias: false), .l2Normalization])
  }

  /// How many networks are joined.
  public var members: Int { isLarge ? 3 : 5 }

  /// The networks of a committee of `members`, the convolutional ones first; of few people two in five are linear, and of
  /// many the last third learns by the angular margin: it errs otherwise, and less at low FAR.
  ///
  /// - Parameters:
  ///   - members: how many, 1 or more.
  ///   - dimension: the values that each contributes; nil for the recipe's.
  ///   - configuration: how the convolutional ones are trained.
  public func plans(
    members: Int, dimension: Int?, configuration: TrainingConfiguration
  ) throws -> [CommitteeTrainer.Plan] {
    let linear = isLarge ? 0 : members * 2 / 5
    var slow = configuration
    slow.peakRate /= 3
    slow.weightDecay = 1e-2
    let deep = CommitteeTrainer.Plan(
      architecture: try architecture(dimension: dimension), configuration: configuration)
    let flat = CommitteeTrainer.Plan(
      architecture: try linearArchitecture(dimension: dimension), configuration: slow)
    var angular = deep
    angular.configuration.loss = LossSettings(.arcFace)
    let angulars = isLarge ? members / 3 : 0
    return [CommitteeTrainer.Plan](repeating: deep, count: members - linear - angulars)
      + [CommitteeTrainer.Plan](repeating: angular, count: angulars)
      + [CommitteeTrainer.Plan](repeating: flat, count: linear)
  }

  /// The networks of a model that is trained further, each from its own weights.
  public func plans(from parent: ParentModel, configuration: TrainingConfiguration) -> [CommitteeTrainer.Plan] {
    parent.network.members.map { member in
      var own = configuration
      // A network of one linear step wants a slower rate and more decay, as it had when it was new.
      if member.architecture.layers.count <= 3 {
        own.peakRate /= 3
        own.weightDecay = 1e-2
      }
      return CommitteeTrainer.Plan(architecture: member.architecture, configuration: own, start: member.weights)
    }
  }

  /// The trainer's settings.
  public var configuration: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.loss = LossSettings(.triplet, margin: 0.3)
    configuration.miner = .softHard
    configuration.hardness = isLarge ? [2, 15] : [2, 10]
    configuration.identitiesPerBatch = isLarge ? 24 : 10
    configuration.inputsPerIdentity = 4
    configuration.steps = isLarge ? 1_200 : 400
    configuration.stepsPerEpoch = isLarge ? 60 : 20
    configuration.peakRate = isLarge ? 1.5e-3 : 3e-3
    configuration.weightDecay = 1e-4
    configuration.averageDecay = 0.99
    configuration.augmentation = .faces
    if isLarge {
      configuration.augmentation.scale = 0.05
      // A little nearer than is best, so that the best is not at the end of what was seen.
      configuration.augmentation.nearness = Float(nearest * 1.1 - 1)
      configuration.augmentation.aspect = 0.15
      configuration.augmentation.shadowProbability = 0.2
    }
    configuration.validationShare = isLarge ? 0.1 : 0.2
    return configuration
  }

  /// Of many people it is learned how their faces are framed, too: a few hundred pictures would be too few to learn it from.
  public var framing: FramingSettings? { isLarge ? FramingSettings() : nil }

  /// Nothing is tried: ``views``, and ``views(nearest:)`` where there is a nearer place than the first.
  public var viewChoices: [[View]] { [nearest > 1 ? Self.views(nearest: nearest) : Self.views] }

  /// Seven places to look from, each with its mirror image.
  public static let views: [View] = bothWays { isMirrored in
    [View(isMirrored: isMirrored)]
      + [1.06, 0.94].map { View(magnification: $0, isMirrored: isMirrored) } + moved(1, isMirrored)
  }

  /// Six places to look from, each with its mirror image: from where all is seen, from halfway to the nearest, and from
  /// between them a little to all sides. From the nearest itself, faces of other makers would be cut.
  public static func views(nearest: Double) -> [View] {
    let (half, quarter) = (Float(nearest.squareRoot()), Float(nearest.squareRoot().squareRoot()))
    return bothWays { isMirrored in
      [View(isMirrored: isMirrored), View(magnification: half, isMirrored: isMirrored)] + moved(quarter, isMirrored)
    }
  }

  private static func bothWays(_ views: (Bool) -> [View]) -> [View] { views(false) + views(true) }

  private static func moved(_ magnification: Float, _ isMirrored: Bool) -> [View] {
    [Float(0.04), -0.04].flatMap { move in
      [
        View(magnification: magnification, x: move, isMirrored: isMirrored),
        View(magnification: magnification, y: move, isMirrored: isMirrored),
      ]
    }
  }
}

/// Trains an embedder of faces, or of anything else photographed alike.
public typealias FaceTrainer = FolderTrainer<FaceRecipe>
