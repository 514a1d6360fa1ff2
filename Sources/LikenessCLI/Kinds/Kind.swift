import ArgumentParser
import Likeness
import LikenessEmbedders

/// What the command does differently for one kind of model. A kind has a folder here and a line in ``Kinds``; the
/// commands ask it and know none by name.
protocol Kind {
  /// The kind in words, for messages: `pictures`.
  var inputs: String { get }

  /// The kind's view of an embedder; nil where it is another kind's.
  init?(_ embedder: any Embedder)

  /// What an `enroll` call names. Reads names and folders only, so that a mistyped path makes no gallery.
  func source(_ request: EnrollmentRequest) throws -> any EnrollmentSource

  /// What is to be said of how a probe that is not a vector is taken, where it may have been meant otherwise; nil for nothing.
  func doubt(about text: String) -> String?

  /// The answer to a probe that is not a vector.
  func answer(_ text: String, _ request: QueryRequest, from gallery: Gallery) throws -> Answer

  /// The model's figures on data it was not trained on.
  func evaluate(_ request: EvaluationRequest) throws -> any EvaluationOutcome
}

extension Kind {
  /// Probes can be taken in one way only.
  func doubt(about text: String) -> String? { nil }
}

/// What an `enroll` call says.
struct EnrollmentRequest {
  var paths: [String]
  var name: String?
  var skipsBroken: Bool
  /// Whether what an identity has from the same source gives way.
  var replaces = false
}

/// Inputs that are ready to be embedded.
protocol EnrollmentSource {
  /// What one of them is called, and several.
  var noun: (one: String, many: String) { get }

  /// Embeds them for a gallery that knows the embedder, leaving out what it holds already.
  func batch(for gallery: Gallery, progress: (Int, Int) -> Void) throws -> EnrollmentBatch
}

/// What a `query` call says besides its probe.
struct QueryRequest {
  var k: Int
  var grouping: CandidateGrouping
  var condition: String?
  var maxDistance: Float?
  var ef: Int?
  var recall: Double?
  var words: WordQueryOptions
  var series: SeriesQueryOptions

  /// Asks a gallery, without any kind's part.
  func ask(_ gallery: Gallery, _ probe: Probe) throws -> Answer {
    try gallery.query(
      probe, k: k, by: grouping, where: condition, maxDistance: maxDistance, ef: ef, recall: recall)
  }
}

/// What an `evaluate` call says besides the model.
struct EvaluationRequest {
  var data: String
  var seed: UInt64
  var skipsBroken: Bool
  var pictures: PictureEvaluationOptions
  var words: WordEvaluationOptions
  var series: SeriesEvaluationOptions
}

/// Figures that are printed as JSON or as text.
protocol EvaluationOutcome: Encodable {
  /// For reading in a terminal.
  var text: String { get }
}

/// Options that belong to some kinds only.
protocol KindOptions {
  /// The kind's name in model files.
  static var kind: String { get }
  /// The options that were given, as they are written.
  var given: [String] { get }
}
