import Images

/// What a model of captions says of itself; no path stands in it, and of dates the day the training began.
public struct CaptionCard: Sendable, Codable, Hashable, TrainingListing {
  /// The recipe.
  public var recipe: String
  /// Pictures in the data, those to steer by included.
  public var pictures: Int
  /// Captions that differ.
  public var captions: Int
  /// Sets of pictures with the same captions.
  public var concepts: Int
  /// How each pair of towers was trained.
  public var configuration: CaptionConfiguration
  /// What was left out of the recipe for want of time, as sentences.
  public var notes: [String]?
  /// The epoch whose weights were kept, for each pair; without its seconds, which are chance.
  public var bestEpochs: [CaptionEpoch]
  /// The SHA-256 of the list and its pictures; see ``DataDigest``.
  public var dataSHA256: String?
  /// The SHA-256 of each concept's captions, sorted; see ``ModelCard/identitiesSHA256`` and
  /// ``CaptionedPictures/conceptNames``.
  public var identitiesSHA256: [String]?
  /// The same of many; see ``ModelCard/identitiesSHA256Prefixes``.
  public var identitiesSHA256Prefixes: String?
  /// The beginnings of the pictures' hashes; see ``ModelCard/filesSHA256Prefixes``.
  public var filesSHA256Prefixes: String?
  /// The day the training began, `2026-01-31`, in UTC.
  public var date: String?
  /// Who may use the model, as far as the card knows.
  public var licence: String?
  /// By method, how well the concepts that were set aside are found: the first pair of towers, trained without them, and
  /// a regression.
  public var figures: [String: CaptionReport]?
  /// The model that was trained further.
  public var parent: ModelCard.Parent?

  init(
    recipe: String, pictures: Int, captions: Int, concepts: Int, configuration: CaptionConfiguration,
    bestEpochs: [CaptionEpoch]
  ) {
    self.recipe = recipe
    self.pictures = pictures
    self.captions = captions
    self.concepts = concepts
    self.configuration = configuration
    self.bestEpochs = bestEpochs.map(\.withoutSeconds)
  }
}
