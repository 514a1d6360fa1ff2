import Images
import Networks

/// How pictures of any kind are learned, a class a folder: characters, products, plants. Everything that is chosen for
/// the user, by rules that look at the data alone.
public struct PictureRecipe: FolderRecipe {
  /// The recipe's name in model files.
  public static let name = "pictures"

  /// Classes that nobody saw in training are known by few pictures.
  public static var measuresFewShots: Bool { true }

  /// How pictures are prepared: in colour if they have any, small where they are drawn in black and white.
  public let preprocessing: Preprocessing
  /// How many classes there are to learn from.
  private let classes: Int
  /// What turning does to the classes, once that was found out.
  private var turns: Turns?

  /// A recipe for pictures like those of `folder`.
  ///
  /// - Parameter preprocessing: how they are to be prepared; nil to choose by the pictures.
  /// - Throws: `PictureError` where no picture can be read.
  public init(folder: PictureFolder, preprocessing given: Preprocessing? = nil) throws {
    classes = folder.identities.count
    if let given {
      preprocessing = given
      return
    }
    let isGrey = Self.isGrey(folder)
    // Strokes need fewer pixels than surfaces.
    let geometry = PictureGeometry(of: folder, pixels: isGrey ? 32 * 32 : 56 * 56)
    preprocessing = try Preprocessing(
      colour: isGrey ? .grey : .rgb, width: geometry.width, height: geometry.height, framing: .fill,
      normalization: .standardize)
  }

  /// The recipe for these classes, of which it was tried what turning does to them.
  public func fitted(to inputs: LabelledInputs) -> PictureRecipe {
    var fitted = self
    fitted.turns = Turns(of: inputs)
    return fitted
  }

  /// Turned pictures of a class are a class of their own where the data show that they look like none.
  public var enlarging: (@Sendable (LabelledInputs) -> LabelledInputs)? {
    guard let turns, !turns.makers.isEmpty else { return nil }
    return { turns.enlarged($0) }
  }

  /// Equal networks that differ in chance.
  public func plans(
    members: Int, dimension: Int?, configuration: TrainingConfiguration
  ) throws -> [CommitteeTrainer.Plan] {
    let plan = CommitteeTrainer.Plan(
      architecture: try architecture(dimension: dimension), configuration: configuration)
    return [CommitteeTrainer.Plan](repeating: plan, count: members)
  }

  /// Four convolutions, each followed by a halving (Vinyals et al. 2016), wider where maps are small; colour pictures,
  /// being larger, begin with a stride.
  public func architecture(dimension: Int?) throws -> Architecture {
    let isLarge = preprocessing.width * preprocessing.height > 48 * 48
    var layers: [LayerSpecification] =
      isLarge
      ? [.convolution(outputs: 32, kernel: 5, stride: 2, padding: 2, bias: false), .batchNormalization, .relu] : []
    for outputs in isLarge ? [64, 96, 128] : [64, 64, 96, 128] {
      layers += [
        .convolution(outputs: outputs, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2),
      ]
    }
    layers += [.flatten, .linear(outputs: dimension ?? 128, bias: false), .l2Normalization]
    return try Architecture(input: preprocessing.shape, layers: layers)
  }

  /// Whether a mirrored picture is of the same class.
  private var keepsMirrored: Bool { turns?.keepsMirrored ?? false }

  /// The trainer's settings.
  public var configuration: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    // Batch-hard from the start lets all embeddings run together at this rate.
    configuration.loss = LossSettings(.triplet, margin: 0.3)
    configuration.miner = .softHard
    configuration.hardness = [2, 15]
    configuration.identitiesPerBatch = 32
    configuration.inputsPerIdentity = 5
    configuration.steps = 1_200
    configuration.stepsPerEpoch = 60
    configuration.peakRate = 2e-3
    configuration.weightDecay = 1e-3
    configuration.averageDecay = 0.99
    configuration.augmentation = .characters
    (configuration.augmentation.rotation, configuration.augmentation.shift) = (15, 0.08)
    if keepsMirrored {
      configuration.augmentation.flipProbability = 0.5
      (configuration.augmentation.gamma, configuration.augmentation.lighting) = (0.2, 0.2)
      (configuration.augmentation.erasingProbability, configuration.augmentation.erasingArea) = (0.3, 0.1)
    }
    configuration.validationShare = classes >= 40 ? 0.12 : 0.2
    return configuration
  }

  /// How many networks are joined.
  public var members: Int { 2 }

  /// Whether the network that was steered by the classes set aside is one of them.
  public var keepsScout: Bool { classes >= 100 }

  /// The ways of looking that are tried on the classes set aside, plainest first.
  public var viewChoices: [[View]] {
    var around: [View] = [.straight]
    for magnification: Float in [1.07, 0.93] { around.append(View(magnification: magnification)) }
    for move: Float in [0.04, -0.04] {
      around.append(View(x: move))
      around.append(View(y: move))
    }
    guard keepsMirrored else { return [[.straight], around] }
    let both = around.flatMap { view in
      [view, View(magnification: view.magnification, x: view.x, y: view.y, isMirrored: true)]
    }
    return [[.straight], [.straight, .mirrored], both]
  }

  /// Whether a sample of the pictures, spread evenly, has no colour.
  private static func isGrey(_ folder: PictureFolder) -> Bool {
    let files = folder.identities.flatMap(\.files)
    return stride(from: 0, to: files.count, by: max(1, files.count / 64)).allSatisfy { index in
      guard let picture = try? Picture(contentsOf: files[index]), picture.channels == 3 else { return true }
      // Cameras and JPEG leave a tinge on what is grey.
      let (pixels, count) = (picture.pixels, picture.pixels.count)
      return stride(from: 0, to: count - 2, by: 3).allSatisfy { i in
        abs(Int(pixels[i]) - Int(pixels[i + 1])) <= 8 && abs(Int(pixels[i + 1]) - Int(pixels[i + 2])) <= 8
      }
    }
  }
}

/// Trains an embedder of pictures of any kind, a folder a class, to tell classes apart that it never saw.
public typealias PictureTrainer = FolderTrainer<PictureRecipe>
