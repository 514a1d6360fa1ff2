/// What a model says of how it came to be. It holds no date and no path: the same training gives the same bytes.
public struct ModelCard: Sendable, Codable, Hashable {
  /// The recipe.
  public var recipe: String
  /// The seed.
  public var seed: UInt64
  /// Identities in the data, those to steer by included.
  public var identities: Int
  /// Pictures in the data.
  public var pictures: Int
  /// Identities set aside to steer by.
  public var validationIdentities: Int
  /// How it was trained.
  public var configuration: TrainingConfiguration?
  /// The epoch whose weights were kept; without its seconds, which are chance.
  public var bestEpoch: EpochRecord?

  init(
    recipe: String, seed: UInt64, identities: Int, pictures: Int, validationIdentities: Int,
    configuration: TrainingConfiguration? = nil, bestEpoch: EpochRecord? = nil
  ) {
    self.recipe = recipe
    self.seed = seed
    self.identities = identities
    self.pictures = pictures
    self.validationIdentities = validationIdentities
    self.configuration = configuration
    var epoch = bestEpoch
    epoch?.seconds = 0
    self.bestEpoch = epoch
  }
}
