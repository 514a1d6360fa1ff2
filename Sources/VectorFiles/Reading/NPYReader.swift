/// Reads the rows of a NumPy array file.
final class NPYReader: VectorReader {
  private let source: ByteSource
  private let header: NPYHeader
  private let start: Int
  private var row = 0

  init(_ source: ByteSource) throws {
    self.source = source
    header = try NPYHeader(source)
    start = source.offset
  }

  var path: String { source.path }
  var dimension: Int? { header.columns }
  var rowCount: Int? { header.rows }
  var byteCount: Int? { source.size }
  var position: VectorFilePosition { VectorFilePosition(offset: source.offset, row: row, line: 0) }
  func place(_ number: Int) -> VectorFileError.Place { .row(number) }
  private var rowBytes: Int { header.columns * header.kind.bytes }

  func next() throws -> VectorRow? {
    guard row < header.rows else { return nil }
    guard let bytes = try source.take(rowBytes) else {
      throw VectorFileError(path: path, place: .row(row), reason: "the file ends inside it: it is cut short")
    }
    defer { row += 1 }
    return VectorRow(number: row, vector: values(bytes))
  }

  private func values(_ bytes: UnsafeRawBufferPointer) -> [Float] {
    let count = header.columns
    switch header.kind {
    case .float32: return LittleEndian.floats(bytes)
    case .float64:
      return (0..<count).map { index in
        let bits = bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
        return Float(Double(bitPattern: UInt64(littleEndian: bits)))
      }
    case .float16:
      return (0..<count).map { index in
        LittleEndian.half(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
      }
    }
  }

  func seek(to position: VectorFilePosition) throws {
    let bytes = position.row.multipliedReportingOverflow(by: rowBytes)
    guard (0...header.rows).contains(position.row), !bytes.overflow, position.offset == start + bytes.partialValue
    else {
      throw VectorFileError(path: path, reason: "has no row \(position.row) at byte \(position.offset)")
    }
    try source.seek(to: position.offset)
    row = position.row
  }
}
