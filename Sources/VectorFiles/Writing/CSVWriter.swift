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
      let name = (row.identity ?? "").utf8
      if name.contains(where: { [10, 13, 34, 44].contains($0) }) {
        // Byte by byte: a quote with a mark that combines with it is a character of its own.
        bytes += [Self.quote] + name.flatMap { $0 == Self.quote ? [$0, $0] : [$0] } + [Self.quote]
      } else {
        bytes += Array(name)
      }
      for value in row.vector {
        bytes.append(UInt8(ascii: ","))
        bytes.append(decimal: value)
      }
      bytes += [13, 10]
    }
  }

  func finish() throws { try file.finish() }

  private static let quote = UInt8(ascii: "\"")
}
