/// Reads `.fvecs` and `.bvecs`: each row is its length as a little-endian int32, then that many values
/// (http://corpus-texmex.irisa.fr).
final class VecsReader: VectorReader {
  private let source: ByteSource
  private let valueBytes: Int
  private let columns: Int
  private var row = 0

  init(_ source: ByteSource, valueBytes: Int) throws {
    self.source = source
    self.valueBytes = valueBytes
    func refuse(_ reason: String) -> VectorFileError { VectorFileError(path: source.path, reason: reason) }
    let name = valueBytes == 4 ? ".fvecs" : ".bvecs"
    if source.size == 0 { throw refuse("is empty: an \(name) file begins with the length of its first row") }
    guard let first = try source.take(4) else { throw refuse("is not an \(name) file: it is too short for one row") }
    columns = LittleEndian.int32(first)
    guard (1...VectorFile.largestDimension).contains(columns) else {
      throw refuse("its first row claims \(columns) values, a vector has 1 to 65536: is it an \(name) file?")
    }
    if let size = source.size, size % rowBytes != 0 {
      throw refuse("\(size) bytes are not a whole number of rows of \(rowBytes): it is cut short, or not \(name)")
    }
    isBehindLength = true
  }

  /// Whether the length of the next row was read already.
  private var isBehindLength = false
  private var rowBytes: Int { 4 + columns * valueBytes }

  var path: String { source.path }
  var dimension: Int? { columns }
  var rowCount: Int? { source.size.map { $0 / rowBytes } }
  var byteCount: Int? { source.size }
  var position: VectorFilePosition { VectorFilePosition(offset: row * rowBytes, row: row, line: 0) }
  func place(_ number: Int) -> VectorFileError.Place { .row(number) }

  func next() throws -> VectorRow? {
    func refuse(_ reason: String) -> VectorFileError {
      VectorFileError(path: path, place: .row(row), reason: reason)
    }
    if !isBehindLength {
      if try source.isFinished() { return nil }
      guard let length = try source.take(4) else { throw refuse("the file ends inside it: it is cut short") }
      let found = LittleEndian.int32(length)
      guard found == columns else { throw refuse("it claims \(found) values, the first row has \(columns)") }
    }
    isBehindLength = false
    guard let bytes = try source.take(columns * valueBytes) else {
      throw refuse("the file ends inside it: it is cut short")
    }
    defer { row += 1 }
    return VectorRow(number: row, vector: valueBytes == 4 ? LittleEndian.floats(bytes) : bytes.map(Float.init))
  }

  func seek(to position: VectorFilePosition) throws {
    let bytes = position.row.multipliedReportingOverflow(by: rowBytes)
    guard position.row >= 0, !bytes.overflow, position.offset == bytes.partialValue else {
      throw VectorFileError(path: path, reason: "has no row \(position.row) at byte \(position.offset)")
    }
    try source.seek(to: position.offset)
    row = position.row
    isBehindLength = false
  }
}
