/// All rows of a file in memory.
public struct VectorTable: Sendable {
  /// `[count, dimension]`, row-major.
  public let values: [Float]
  /// Values in a row.
  public let dimension: Int
  /// Rows.
  public var count: Int { values.count / dimension }

  /// Reads the first rows of a file, in memory that follows what it really holds, whatever it claims.
  ///
  /// - Throws: ``VectorFileError``, also for a file without rows and for rows of several lengths.
  public init(path: String, format: VectorFileFormat? = nil, limit: Int = .max) throws {
    let reader = try VectorFile.reader(path: path, format: format)
    var values: [Float] = []
    if let size = reader.byteCount, let rows = reader.rowCount, let dimension = reader.dimension {
      values.reserveCapacity(min(size, min(rows, limit).multipliedReportingOverflow(by: dimension).partialValue))
    }
    var dimension = reader.dimension
    var count = 0
    while count < limit, let row = try reader.next() {
      let expected = dimension ?? row.vector.count
      guard row.vector.count == expected, expected > 0 else {
        throw VectorFileError(
          path: path, place: reader.place(row.number),
          reason: "it has \(row.vector.count) values, the rows before have \(expected)")
      }
      dimension = expected
      values += row.vector
      count += 1
    }
    guard let dimension, count > 0 else { throw VectorFileError(path: path, reason: "holds no vector") }
    self.values = values
    self.dimension = dimension
  }

  /// One row.
  public func row(_ index: Int) -> [Float] { Array(values[index * dimension..<(index + 1) * dimension]) }
}

/// All rows of an `.ivecs` file: each its length as a little-endian int32, then that many int32
/// (http://corpus-texmex.irisa.fr).
public struct NeighbourTable: Sendable {
  /// `[count, width]`, row-major.
  public let values: [Int32]
  /// Values in a row.
  public let width: Int
  /// Rows.
  public var count: Int { values.count / width }

  /// Reads a file.
  ///
  /// - Throws: ``VectorFileError``.
  public init(path: String) throws {
    // Of the same layout as float32, value by value.
    let table = try VectorTable(path: path, format: .fvecs)
    values = table.values.map { Int32(bitPattern: $0.bitPattern) }
    width = table.dimension
  }
}
