/// Writes a NumPy array file of float32, `[n, dimension]`, and the names beside it.
final class NPYWriter: VectorWriter {
  private let file: ByteSink
  private let names: ByteSink?
  private var check: RowCheck

  init(path: String, names: CompanionFile?, dimension: Int) throws {
    file = try ByteSink(path: path)
    self.names = try names?.sink()
    check = RowCheck(path: path, dimension: dimension)
    try file.append(header)
  }

  /// The header for the rows written so far, of the same length whatever their number.
  private var header: [UInt8] {
    let fields = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(check.rows), \(check.dimension)), }"
    // The values begin at a multiple of 64.
    let length = 118
    let padding = String(repeating: " ", count: length - 1 - fields.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length), 0] + Array((fields + padding + "\n").utf8)
  }

  func write(_ row: VectorRow) throws {
    try check.count(row)
    let name = try names == nil ? "" : check.lineName(row)
    try names?.append(line: name)
    try file.append { $0.append(floats: row.vector) }
  }

  func finish() throws {
    try names?.flush()
    try file.flush()
    try names?.finish()
    try file.finish(head: header)
  }
}
