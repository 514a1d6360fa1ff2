/// Writes `.fvecs`, and the names beside it.
final class FVecsWriter: VectorWriter {
  private let file: ByteSink
  private let names: ByteSink?
  private var check: RowCheck

  init(path: String, names: CompanionFile?, dimension: Int) throws {
    file = try ByteSink(path: path)
    self.names = try names?.sink()
    check = RowCheck(path: path, dimension: dimension)
  }

  func write(_ row: VectorRow) throws {
    try check.count(row)
    let name = try names == nil ? "" : check.lineName(row)
    try names?.append(line: name)
    try file.append { bytes in
      bytes.append(int32: check.dimension)
      bytes.append(floats: row.vector)
    }
  }

  func finish() throws {
    try names?.flush()
    try file.flush()
    try names?.finish()
    try file.finish()
  }
}

extension [UInt8] {
  /// Appends a little-endian int32.
  mutating func append(int32 value: Int) {
    Swift.withUnsafeBytes(of: Int32(truncatingIfNeeded: value).littleEndian) { append(contentsOf: $0) }
  }

  /// Appends little-endian float32 values.
  mutating func append(floats values: [Float]) {
    #if _endian(big)
      for value in values { Swift.withUnsafeBytes(of: value.bitPattern.littleEndian) { append(contentsOf: $0) } }
    #else
      values.withUnsafeBytes { append(contentsOf: $0) }
    #endif
  }

  /// Appends the shortest decimal that is read as the same float32.
  mutating func append(decimal value: Float) {
    var text = value.description
    text.withUTF8 { append(contentsOf: $0) }
  }
}
