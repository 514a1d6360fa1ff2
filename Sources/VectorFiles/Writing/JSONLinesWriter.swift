/// Writes one JSON object a line, with everything that a row says.
final class JSONLinesWriter: VectorWriter {
  private let file: ByteSink
  private var check: RowCheck

  init(path: String, dimension: Int) throws {
    file = try ByteSink(path: path)
    check = RowCheck(path: path, dimension: dimension)
  }

  func write(_ row: VectorRow) throws {
    try check.count(row)
    try file.append { bytes in
      bytes += Array("{\"identity\":".utf8)
      Self.append(row.identity ?? "", to: &bytes)
      bytes += Array(",\"vector\":[".utf8)
      for (index, value) in row.vector.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(decimal: value)
      }
      bytes.append(UInt8(ascii: "]"))
      for (field, text) in [("source", row.source), ("source_sha256", row.sourceSHA256)] {
        guard let text else { continue }
        bytes += Array(",\"\(field)\":".utf8)
        Self.append(text, to: &bytes)
      }
      if let quality = row.quality, quality.isFinite { bytes += Array(",\"quality\":\(quality)".utf8) }
      if let attributes = row.attributes, attributes != "{}" {
        // A newline can only be between values: in a string it is escaped.
        bytes += Array(",\"attributes\":".utf8) + attributes.utf8.map { $0 == 10 || $0 == 13 ? 32 : $0 }
      }
      bytes += Array("}\n".utf8)
    }
  }

  func finish() throws { try file.finish() }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes += [UInt8(ascii: "\\"), byte]
      case ..<32:
        bytes += Array("\\u00".utf8) + [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static let hexadecimal = Array("0123456789abcdef".utf8)
}
