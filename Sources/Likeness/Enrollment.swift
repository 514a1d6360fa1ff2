/// One vector to store under one identity.
public struct Enrollment: Sendable, Hashable {
  /// The identity's name; it is made where it does not exist yet.
  public var identity: String
  /// The vector: `dimension` float32 values made by the gallery's embedder.
  public var vector: [Float]
  /// Where it came from: a path, a URL, a line of a file.
  public var source: String?
  /// Lower-case hexadecimal SHA-256 of what it was made from.
  public var sourceSHA256: String?
  /// How good the input was; larger is better, the scale is the embedder's.
  public var quality: Double?
  /// What else is to be kept with the embedding.
  public var attributes: [String: JSONValue]

  /// Describes an enrolment.
  public init(
    identity: String, vector: [Float], source: String? = nil, sourceSHA256: String? = nil, quality: Double? = nil,
    attributes: [String: JSONValue] = [:]
  ) {
    self.identity = identity
    self.vector = vector
    self.source = source
    self.sourceSHA256 = sourceSHA256
    self.quality = quality
    self.attributes = attributes
  }
}
