/// Writes word2vec's text format: a line of two counts, then a name and its values a line.
///
/// A name with spaces stays as it is, as GloVe has such; programs that split lines at every space cannot read it.
final class Word2VecWriter: VectorWriter {
  private let file: ByteSink
  private var check: RowCheck
  /// The number of rows promised by the first line.
  private let promised: Int?

  init(path: String, dimension: Int, rows: Int?) throws {
    file = try ByteSink(path: path)
    check = RowCheck(path: path, dimension: dimension)
    promised = rows
    if let rows { try file.append(Array("\(rows) \(dimension)\n".utf8)) }
  }

  func write(_ row: VectorRow) throws {
    try check.count(row)
    let name = try check.lineName(row)
    try file.append { bytes in
      bytes += Array(name.utf8)
      for value in row.vector {
        bytes.append(32)
        bytes.append(decimal: value)
      }
      bytes.append(10)
    }
  }

  func finish() throws {
    if let promised, promised != check.rows {
      throw VectorFileError(path: check.path, reason: "\(promised) rows were promised, and \(check.rows) written")
    }
    try file.finish()
  }
}
