/// One vector of a file, with what the file says of it.
public struct VectorRow: Sendable, Hashable {
  /// Its place: the line, counted from 1, in a text file; the row, counted from 0, in a binary one.
  public var number: Int
  /// Whose it is; nil in formats without names.
  public var identity: String?
  /// Its values, which may be anything a file can hold: NaN, too.
  public var vector: [Float]
  /// Where it came from.
  public var source: String?
  /// Lower-case hexadecimal SHA-256 of what it was made from.
  public var sourceSHA256: String?
  /// How good its input was.
  public var quality: Double?
  /// A JSON object, as its text.
  public var attributes: String?

  /// Describes a row.
  public init(
    number: Int = 0, identity: String? = nil, vector: [Float], source: String? = nil, sourceSHA256: String? = nil,
    quality: Double? = nil, attributes: String? = nil
  ) {
    self.number = number
    self.identity = identity
    self.vector = vector
    self.source = source
    self.sourceSHA256 = sourceSHA256
    self.quality = quality
    self.attributes = attributes
  }
}

/// A place between two rows of a file, from which reading can go on.
public struct VectorFilePosition: Sendable, Hashable, Codable {
  /// Bytes before it.
  public var offset: Int
  /// Rows before it, faulty ones too.
  public var row: Int
  /// Lines before it, in a text file.
  public var line: Int

  /// A place.
  public init(offset: Int, row: Int, line: Int) {
    self.offset = offset
    self.row = row
    self.line = line
  }
}
