import Digests
import Foundation

/// The number of a training in its gallery: `training_run.id` in SQL.
public struct TrainingRunID: RawRepresentable, Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// The row's id.
  public let rawValue: Int64

  /// Names the training whose row has this id.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// Names the training whose row has this id.
  public init(_ id: Int64) { self.rawValue = id }

  /// The id in digits.
  public var description: String { String(rawValue) }

  /// Orders by the order of beginning.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A training that begins, as a gallery keeps it.
public struct TrainingStart: Sendable, Hashable {
  /// What is trained: `faces`, `pictures`, `series`, `words`, `captions`, `pca`.
  public var recipe: String
  /// What was asked for: loss, miner, rates.
  public var configuration: [String: JSONValue]
  /// The seed, kept as the 64-bit number with a sign that SQL has.
  public var seed: UInt64?
  /// The names of the identities in the training set. The gallery keeps their hashes alone.
  public var identities: [String]

  /// Describes a training.
  public init(
    recipe: String, configuration: [String: JSONValue] = [:], seed: UInt64? = nil, identities: [String] = []
  ) {
    self.recipe = recipe
    self.configuration = configuration
    self.seed = seed
    self.identities = identities
  }

  /// The hash by which a training set, in a gallery or on a model card, knows a name: lower-case hexadecimal SHA-256 of its
  /// composed (NFC) UTF-8. It hides a name from readers, not from somebody who tries names.
  public static func hash(ofName name: String) -> String {
    Digest.ofName(name)
  }
}

/// One pass over the training data.
public struct TrainingEpoch: Sendable, Hashable, Codable {
  /// Its number, from 0.
  public var epoch: Int
  /// The mean loss.
  public var loss: Double
  /// The loss on what is held back; nil where it was not computed.
  public var validationLoss: Double?
  /// What else was measured: rank-1, EER.
  public var metrics: [String: JSONValue]
  /// How long it took.
  public var seconds: Double?

  /// Describes a pass.
  public init(
    epoch: Int, loss: Double, validationLoss: Double? = nil, metrics: [String: JSONValue] = [:], seconds: Double? = nil
  ) {
    self.epoch = epoch
    self.loss = loss
    self.validationLoss = validationLoss
    self.metrics = metrics
    self.seconds = seconds
  }

  private enum CodingKeys: String, CodingKey {
    case epoch, loss, metrics, seconds
    case validationLoss = "validation_loss"
  }
}

/// A training as a gallery has it.
public struct TrainingRun: Sendable, Hashable, Codable {
  /// Its number.
  public var id: TrainingRunID
  /// What was trained.
  public var recipe: String
  /// What was asked for.
  public var configuration: [String: JSONValue]
  /// What people call the model that came of it; nil until it did.
  public var modelName: String?
  /// The SHA-256 of that model.
  public var modelSHA256: String?
  /// What evaluation said at the end; empty until then.
  public var result: [String: JSONValue]
  /// How many identities it was trained on, of those that are not forgotten.
  public var identities: Int
  /// Its passes, in order.
  public var epochs: [TrainingEpoch]
  /// When it began: ISO 8601, UTC.
  public var startedAt: String
  /// When it ended; nil while it runs, or if it was stopped.
  public var finishedAt: String?

  private enum CodingKeys: String, CodingKey {
    case id, recipe, configuration, result, identities, epochs
    case modelName = "model_name"
    case modelSHA256 = "model_sha256"
    case startedAt = "started_at"
    case finishedAt = "finished_at"
  }
}
