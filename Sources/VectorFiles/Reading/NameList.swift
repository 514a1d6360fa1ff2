/// Reads a file of names, one a line.
public final class NameList {
  private let lines: TextRows
  /// The file's path.
  public var path: String { lines.source.path }

  /// Opens the file.
  ///
  /// - Throws: ``VectorFileError``.
  public init(path: String) throws {
    lines = try TextRows(ByteSource(path: path))
  }

  /// A list in memory.
  ///
  /// - Throws: ``VectorFileError``.
  public init(bytes: [UInt8], path: String = "bytes") throws {
    lines = try TextRows(ByteSource(bytes: bytes, path: path))
  }

  /// The number of names in a file.
  ///
  /// - Throws: ``VectorFileError``.
  public static func count(path: String) throws -> Int {
    let list = try NameList(path: path)
    while try list.lines.next() != nil {}
    return list.lines.lines
  }

  /// The next name; nil behind the last.
  ///
  /// - Throws: ``VectorFileError`` for an empty line, and for one that is not UTF-8.
  public func next() throws -> String? {
    guard let line = try lines.next() else { return nil }
    if line.isEmpty { throw lines.fault("there is no name on it: one name a line, as many as there are vectors") }
    return try lines.text(line, "the name")
  }

  /// Passes over so many names.
  ///
  /// - Throws: ``VectorFileError``.
  public func skip(_ count: Int) throws {
    for _ in 0..<count {
      guard try lines.next() != nil else { return }
    }
  }
}
