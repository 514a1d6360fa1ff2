/// Reads a file of vectors row by row, in memory that does not grow with the file.
///
/// ```swift
/// let reader = try VectorFile.reader(path: "words.vec")
/// while let row = try reader.next() { print(row.identity ?? "", row.vector.count) }
/// ```
///
/// One thread uses a reader at a time.
public protocol VectorReader: AnyObject {
  /// The file's path, as it was given.
  var path: String { get }
  /// Values in each row, where the file says so before its rows.
  var dimension: Int? { get }
  /// The number of rows, where the file says so before its rows.
  var rowCount: Int? { get }
  /// Bytes in the file; nil where that cannot be known, as with a pipe.
  var byteCount: Int? { get }
  /// The place behind the last row that was read.
  var position: VectorFilePosition { get }
  /// Fields of the rows read so far that a gallery has no place for, and that were passed over.
  var ignoredFields: Set<String> { get }

  /// The next row; nil behind the last.
  ///
  /// - Throws: ``VectorFileError``. Where its ``VectorFileError/canContinue`` is true, only this row is at fault, and
  ///   the next call gives the one behind it.
  func next() throws -> VectorRow?

  /// Goes on reading at a place that ``position`` named, of the same file.
  ///
  /// - Throws: ``VectorFileError`` where the file has no such place.
  func seek(to position: VectorFilePosition) throws

  /// How a row is called by its number.
  func place(_ number: Int) -> VectorFileError.Place
}

extension VectorReader {
  /// Nothing was passed over.
  public var ignoredFields: Set<String> { [] }
}

/// Opens files of vectors.
public enum VectorFile {
  /// The most values a vector may have.
  public static let largestDimension = 65_536

  /// A reader of the file at `path`.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - format: Its format; nil to go by the end of its name.
  /// - Throws: ``VectorFileError`` for a file that cannot be read, is of another format or is cut short, as far as that
  ///   can be told from its beginning and size.
  public static func reader(path: String, format: VectorFileFormat? = nil) throws -> any VectorReader {
    guard let format = format ?? VectorFileFormat(path: path) else { throw unknownFormat(path) }
    return try reader(format, ByteSource(path: path))
  }

  /// A reader of bytes in memory.
  ///
  /// - Throws: As ``reader(path:format:)``.
  public static func reader(bytes: [UInt8], format: VectorFileFormat, path: String = "bytes") throws -> any VectorReader
  {
    try reader(format, ByteSource(bytes: bytes, path: path))
  }

  private static func reader(_ format: VectorFileFormat, _ source: ByteSource) throws -> any VectorReader {
    switch format {
    case .npy: try NPYReader(source)
    case .fvecs: try VecsReader(source, valueBytes: 4)
    case .bvecs: try VecsReader(source, valueBytes: 1)
    case .csv: try CSVReader(source)
    case .jsonl: try JSONLinesReader(source)
    case .word2vec: try Word2VecReader(source)
    case .projector:
      throw VectorFileError(path: source.path, reason: "tab-separated vectors can only be written: read .csv or .jsonl")
    }
  }

  static func unknownFormat(_ path: String) -> VectorFileError {
    VectorFileError(
      path: path,
      reason: "its name does not say what it is: call it .npy, .fvecs, .csv, .jsonl, .vec or .txt, or name the format")
  }
}
