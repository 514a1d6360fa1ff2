import Digests
import Foundation
import HNSW

/// How two embeddings are compared. See ``HNSW/Metric``.
public typealias Metric = HNSW.Metric

/// An embedder's identity: everything that must agree before two vectors may be compared.
public struct EmbedderSpecification: Sendable, Hashable {
  /// A name people use, unique in a gallery.
  public var name: String
  /// The kind of input: `image`, `series`, `word`, `caption`, or `vector` where vectors come from elsewhere.
  public var kind: String
  /// The number of float32 values in a vector.
  public var dimension: Int
  /// How its vectors are compared.
  public var metric: Metric
  /// The model file itself, so that a gallery answers probes without any other file.
  public var model: Data?
  /// Lower-case hexadecimal SHA-256 of `model`; nil where there is no model. It does not follow a change of `model`, and a
  /// gallery takes no hash but the model's.
  public var sha256: String?
  /// The model card as a JSON object.
  public var card: String

  /// Describes an embedder; the hash is computed from `model`.
  public init(name: String, kind: String, dimension: Int, metric: Metric, model: Data? = nil, card: String = "{}") {
    self.name = name
    self.kind = kind
    self.dimension = dimension
    self.metric = metric
    self.model = model
    self.sha256 = model.map { Digest.of($0) }
    self.card = card
  }
}
