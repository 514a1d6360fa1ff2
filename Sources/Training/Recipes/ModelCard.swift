import Digests
import Foundation

/// What a model says of itself: what it was trained on, how, and how well it does.
///
/// The same training gives the same card, but for ``date``, which is a day; `SOURCE_DATE_EPOCH` in the environment sets it,
/// as reproducible builds do. Names of people stand in it as hashes alone, paths not at all.
public struct ModelCard: Sendable, Codable, Hashable, TrainingListing {
  /// The recipe.
  public var recipe: String
  /// The seed.
  public var seed: UInt64
  /// Identities in the data, those to steer by included.
  public var identities: Int
  /// Pictures in the data.
  public var pictures: Int
  /// The SHA-256 of the data; see ``DataDigest``.
  public var dataSHA256: String?
  /// The SHA-256 of each identity's composed (NFC) name, sorted; cards of more than ``mostListedIdentities`` have
  /// ``identitiesSHA256Prefixes`` instead. It hides a name from readers, not from somebody who tries names.
  public var identitiesSHA256: [String]?
  /// The first six bytes of each of these hashes, sorted and joined, in base64: eight characters an identity, so that cards
  /// of any number of identities list them.
  public var identitiesSHA256Prefixes: String?
  /// The first six bytes of the SHA-256 of each file that was read, sorted and joined, in base64: eight characters a file.
  /// A picture is known again by it under another name. It tells somebody who has a file that it was among them.
  public var filesSHA256Prefixes: String?
  /// The day the training began, `2026-01-31`, in UTC.
  public var date: String?
  /// Who may use the model, as far as the card knows.
  public var licence: String?
  /// How the first network was trained; the others differ in ``losses`` and, where they are linear, in rate and decay.
  public var configuration: TrainingConfiguration?
  /// Each network's loss, where they differ.
  public var losses: [LossSettings]?
  /// How the network that finds a picture's usual part was trained, where there is one.
  public var framing: FramingSettings?
  /// What was left out of the recipe for want of time, as sentences.
  public var notes: [String]?
  /// The epoch whose weights were kept, for each network; without its seconds, which are chance.
  public var bestEpochs: [EpochRecord]
  /// How many identities were set aside to steer by.
  public var validationIdentities: Int?
  /// By method, how well the identities that were set aside are told apart: the first network, trained without them, and
  /// the baselines; with 95 % intervals.
  public var figures: [String: IdentificationReport]?
  /// By method and task, how few pictures are enough to tell them apart, for the recipes that ask; with 95 % intervals.
  public var fewShots: [String: [String: IdentificationReport.Figure]]?
  /// The model that was trained further.
  public var parent: Parent?

  /// A model that another one was trained from.
  public struct Parent: Sendable, Codable, Hashable, TrainingListing {
    /// The SHA-256 of its file.
    public var sha256: String
    /// Its recipe.
    public var recipe: String
    /// The SHA-256 of its data, where its card says it.
    public var dataSHA256: String?
    /// What was taken from it.
    public var kept: String
    /// Whom it was trained on, and the models before it, as ``ModelCard/identitiesSHA256`` says it.
    public var identitiesSHA256: [String]?
    /// The same of many, as ``ModelCard/identitiesSHA256Prefixes`` says it.
    public var identitiesSHA256Prefixes: String?
    /// The files, as ``ModelCard/filesSHA256Prefixes`` says it.
    public var filesSHA256Prefixes: String?
  }

  /// Cards of more identities than these list the beginnings of their hashes alone: a model file's header stays small.
  public static let mostListedIdentities = 2_000

  init(
    recipe: String, seed: UInt64, identities: Int, pictures: Int, configuration: TrainingConfiguration? = nil,
    bestEpochs: [EpochRecord] = []
  ) {
    self.recipe = recipe
    self.seed = seed
    self.identities = identities
    self.pictures = pictures
    self.configuration = configuration
    self.bestEpochs = bestEpochs.map(\.withoutSeconds)
  }

  /// Lower-case hexadecimal SHA-256 of a name's composed (NFC) UTF-8: how cards and galleries know whom a model was
  /// trained on.
  public static func hash(ofName name: String) -> String {
    Digest.ofName(name)
  }

  /// What stands in a card where nobody said anything else.
  public static let usualLicence =
    "As the pictures it was learned from: whoever has rights in them has a say. Its answers are leads for a person to "
    + "review, never identifications."

  /// The same of data that show nobody.
  static let usualLicenceOfData = "As the data it was learned from: whoever has rights in them has a say."

  /// Today, or the day that `SOURCE_DATE_EPOCH` says.
  static var today: String {
    let said = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap { Double($0) }
    let date = said.map { Date(timeIntervalSince1970: $0) } ?? Date()
    return date.formatted(.iso8601.year().month().day())
  }
}
