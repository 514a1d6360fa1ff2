/// Writes comma-separated values under the header `identity,v0,v1,…`.
final class CSVWriter: VectorWriter {
  private let file: ByteSink
  private var check: RowCheck

  init(path: String, dimension: Int) throws {
    file = try ByteSink(path: path)
    check = RowCheck(path: path, dimension: dimension)
    try file.append { bytes in
      bytes += Array("identity".utf8)
      for index in 0..<dimension { bytes += Array(",v\(index)".utf8) }
      bytes += [13, 10]
    }
  }

  func write(_ row: VectorRow) throws {
    try check.count(row)
    try file.append { bytes in
      let name = row.identity ?? ""
      let needsQuotes = name.utf8.contains { [10, 13, 34, 44].contains($0) }
      bytes += Array((needsQuotes ? "\"" + name.replacing("\"", with: "\"\"") + "\"" : name).utf8)
      for value in row.vector {
        bytes.append(UInt8(ascii: ","))
        bytes.append(decimal: value)
      }
      bytes += [13, 10]
    }
  }

  func finish() throws { try file.finish() }
}
