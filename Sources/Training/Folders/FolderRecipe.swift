import Images
import Networks

/// What differs between trainings on a folder of folders of pictures: how pictures are prepared, which networks learn,
/// how, and how a picture is looked at. Everything is chosen by rules that look at the data alone.
public protocol FolderRecipe: Sendable {
  /// The recipe's name in model files.
  static var name: String { get }

  /// A recipe for pictures like those of `folder`.
  ///
  /// - Parameter preprocessing: how they are to be prepared; nil to choose by the pictures.
  /// - Throws: `PictureError` where no picture can be read.
  init(folder: PictureFolder, preprocessing: Preprocessing?) throws

  /// Whether it is asked how few pictures of a class are enough, too.
  static var measuresFewShots: Bool { get }

  /// How pictures are prepared.
  var preprocessing: Preprocessing { get }

  /// How many networks are joined.
  var members: Int { get }

  /// Whether the network that was steered by the identities set aside is one of them.
  var keepsScout: Bool { get }

  /// The recipe for these inputs, which it asked for: what can only be found out from them.
  func fitted(to inputs: LabelledInputs) -> Self

  /// The trainer's settings.
  var configuration: TrainingConfiguration { get }

  /// The networks of a committee of `members`.
  ///
  /// - Parameters:
  ///   - members: how many, 1 or more.
  ///   - dimension: the values that each contributes; nil for the recipe's.
  ///   - configuration: how they are trained.
  func plans(
    members: Int, dimension: Int?, configuration: TrainingConfiguration
  ) throws -> [CommitteeTrainer.Plan]

  /// The networks of a model that is trained further, each from its own weights.
  func plans(from parent: ParentModel, configuration: TrainingConfiguration) -> [CommitteeTrainer.Plan]

  /// How a network that finds a picture's usual part is trained; nil where pictures are taken as they are framed.
  var framing: FramingSettings? { get }

  /// Makes more of what is trained on; nil to train on the inputs as they are.
  var enlarging: (@Sendable (LabelledInputs) -> LabelledInputs)? { get }

  /// The ways of looking that are tried on the identities set aside, plainest first; where there are none set aside, and
  /// where none is better, it is the first.
  var viewChoices: [[View]] { get }
}

extension FolderRecipe {
  /// It is not asked.
  public static var measuresFewShots: Bool { false }

  /// Nothing more is found out.
  public func fitted(to inputs: LabelledInputs) -> Self { self }

  /// Pictures are taken as they are framed.
  public var framing: FramingSettings? { nil }

  /// The inputs as they are.
  public var enlarging: (@Sendable (LabelledInputs) -> LabelledInputs)? { nil }

  /// Every network as it was, from where it was.
  public func plans(from parent: ParentModel, configuration: TrainingConfiguration) -> [CommitteeTrainer.Plan] {
    parent.network.members.map {
      CommitteeTrainer.Plan(architecture: $0.architecture, configuration: configuration, start: $0.weights)
    }
  }

  /// The settings for a model that is trained further: slower, and not as long, so that what it knows stays.
  public var furtherConfiguration: TrainingConfiguration {
    var further = configuration
    further.peakRate *= 0.2
    further.steps /= 2
    return further
  }
}
