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
  /// How each network was trained.
  public var configuration: TrainingConfiguration?
  /// The epoch whose weights were kept, for each network; without its seconds, which are chance.
  public var bestEpochs: [EpochRecord]

  init(
    recipe: String, seed: UInt64, identities: Int, pictures: Int, configuration: TrainingConfiguration? = nil,
    bestEpochs: [EpochRecord] = []
  ) {
    self.recipe = recipe
    self.seed = seed
    self.identities = identities
    self.pictures = pictures
    self.configuration = configuration
    self.bestEpochs = bestEpochs.map { epoch in
      var epoch = epoch
      epoch.seconds = 0
      return epoch
    }
  }
}
