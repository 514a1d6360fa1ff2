/// The number of an embedding in its gallery: `embedding.id` in SQL. Never used twice in one gallery.
public struct EmbeddingID: RawRepresentable, Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// The row's id.
  public let rawValue: Int64

  /// Names the embedding whose row has this id.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// Names the embedding whose row has this id.
  public init(_ id: Int64) { self.rawValue = id }

  /// The id in digits.
  public var description: String { String(rawValue) }

  /// Orders by the order of enrolment.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The number of an identity in its gallery: `identity.id` in SQL. It survives a new name. Never used twice in one
/// gallery.
public struct IdentityID: RawRepresentable, Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// The row's id.
  public let rawValue: Int64

  /// Names the identity whose row has this id.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// Names the identity whose row has this id.
  public init(_ id: Int64) { self.rawValue = id }

  /// The id in digits.
  public var description: String { String(rawValue) }

  /// Orders by the order of first enrolment.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
