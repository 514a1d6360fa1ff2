import Files

/// Writes a file of vectors row by row. Nothing is at its path before ``finish()``; a writer that goes without it leaves
/// nothing behind. A symbolic link stays, and the file it leads to is replaced; a pipe or a device gets rows as they come.
///
/// Values are written so that reading them gives the same float32, bit for bit.
public protocol VectorWriter: AnyObject {
  /// Appends a row, as far as the format can hold what it says.
  ///
  /// - Throws: ``VectorFileError`` for a name that the format cannot hold, and where the file cannot be written.
  func write(_ row: VectorRow) throws

  /// Ends the file and puts it in its place, in the place of a file of vectors that was there.
  ///
  /// - Throws: ``VectorFileError``.
  func finish() throws
}

extension VectorFile {
  /// A writer of a file at `path`.
  ///
  /// - Parameters:
  ///   - path: Where the file shall be. One that is there gives way if it is empty or a file of vectors of this format;
  ///     anything else stays, and is an error.
  ///   - format: Its format; nil to go by the end of its name.
  ///   - dimension: The number of values in each row.
  ///   - names: Where the names go in formats without: by default beside the file, under its name with the ending
  ///     `.names`. For the Projector, where the labels go: by default `metadata.tsv` beside it.
  ///     A file that is there already beside none of this name, and says something else, is not replaced; nor is one
  ///     that is given here and is no list of names.
  ///   - rows: The number of rows, which word2vec's first line says; it has none where this is nil.
  /// - Throws: ``VectorFileError``.
  public static func writer(
    path: String, format: VectorFileFormat? = nil, dimension: Int, names: String? = nil, rows: Int? = nil
  ) throws -> any VectorWriter {
    guard let format = format ?? VectorFileFormat(path: path) else { throw unknownFormat(path) }
    guard (1...largestDimension).contains(dimension) else {
      throw VectorFileError(path: path, reason: "cannot hold vectors of \(dimension) values: 1 to 65536 it may be")
    }
    try EarlierFile.check(path, format: format)
    let companion = try CompanionFile(names, usual: companionPath(of: path, format: format), of: path, format: format)
    if case .stream? = try? Destination(path) { try checkStream(path, format, hasNames: names != nil) }
    switch format {
    case .npy: return try NPYWriter(path: path, names: companion, dimension: dimension)
    case .fvecs: return try FVecsWriter(path: path, names: companion, dimension: dimension)
    case .csv: return try CSVWriter(path: path, dimension: dimension)
    case .jsonl: return try JSONLinesWriter(path: path, dimension: dimension)
    case .word2vec: return try Word2VecWriter(path: path, dimension: dimension, rows: rows)
    case .projector: return try ProjectorWriter(path: path, labels: companion, dimension: dimension)
    case .bvecs: throw VectorFileError(path: path, reason: "float32 values do not fit .bvecs: write .fvecs")
    }
  }

  /// Refuses what cannot be written front to back, or needs a neighbour.
  private static func checkStream(_ path: String, _ format: VectorFileFormat, hasNames: Bool) throws {
    if format == .npy {
      throw VectorFileError(
        path: path,
        reason: "is a pipe or a device, and .npy begins with the number of its rows, which is known at its end: name a "
          + "file, or write .fvecs, .csv or .jsonl")
    }
    if !hasNames, companionPath(of: path, format: format) != nil {
      throw VectorFileError(
        path: path,
        reason: "is a pipe or a device, with no place beside it for the names that \(format.rawValue) does not hold: "
          + "say where they go (names, --names FILE), or write .csv or .jsonl")
    }
  }

  /// Where the names that belong to a file go, or the Projector's labels; nil where the file itself has them.
  public static func companionPath(of path: String, format: VectorFileFormat) -> String? {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let name = path.dropFirst(folder.count)
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
    switch format {
    case .npy, .fvecs, .bvecs: return "\(folder)\(stem).names"
    case .projector:
      return stem == "vectors" ? "\(folder)metadata.tsv" : "\(folder)\(stem)-metadata.tsv"
    case .csv, .jsonl, .word2vec: return nil
    }
  }
}

/// What all writers check and count.
struct RowCheck {
  let path: String
  let dimension: Int
  private(set) var rows = 0

  init(path: String, dimension: Int) {
    self.path = path
    self.dimension = dimension
  }

  /// Counts a row, if it has the right length.
  mutating func count(_ row: VectorRow) throws {
    guard row.vector.count == dimension else {
      throw VectorFileError(
        path: path, reason: "row \(rows) to be written has \(row.vector.count) values, the file has \(dimension)")
    }
    rows += 1
  }

  /// The name of a row, for a file that holds one a line.
  func lineName(_ row: VectorRow) throws -> String {
    let name = row.identity ?? ""
    if name.isEmpty || name.utf8.contains(where: { $0 == 10 || $0 == 13 }) {
      throw VectorFileError(
        path: path,
        reason: "the name \"\(VectorFileError.shown(name))\" does not fit on one line: write .jsonl or .csv instead")
    }
    return name
  }
}
