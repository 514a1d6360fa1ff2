/// Writes what TensorFlow's Embedding Projector reads: tab-separated values, and their labels in a file beside them.
///
/// The labels are for reading: a tab or newline in a name becomes a space.
final class ProjectorWriter: VectorWriter {
  private let file: ByteSink
  private let labels: ByteSink?
  private var check: RowCheck

  init(path: String, labels: CompanionFile?, dimension: Int) throws {
    file = try ByteSink(path: path)
    self.labels = try labels?.sink()
    check = RowCheck(path: path, dimension: dimension)
    // Labels of more than one column have a header, those of one have none.
    try self.labels?.append(Array("identity\tsource\n".utf8))
  }

  func write(_ row: VectorRow) throws {
    try check.count(row)
    try labels?.append { bytes in
      for (text, end) in [(row.identity ?? "", UInt8(9)), (row.source ?? "", UInt8(10))] {
        bytes += text.utf8.map { [9, 10, 13].contains($0) ? 32 : $0 }
        bytes.append(end)
      }
    }
    try file.append { bytes in
      for (index, value) in row.vector.enumerated() {
        if index > 0 { bytes.append(9) }
        bytes.append(decimal: value)
      }
      bytes.append(10)
    }
  }

  func finish() throws {
    try labels?.flush()
    try file.flush()
    try labels?.finish()
    try file.finish()
  }
}
