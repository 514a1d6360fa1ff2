/// Reads comma-separated values as RFC 4180 has them: quoted fields may hold commas, quotes and newlines.
///
/// The header names the columns: `identity`, and `v0`, `v1`, … for the values; `source`, `source_sha256`, `quality` and
/// `attributes` where they are known. Others are passed over.
final class CSVReader: VectorReader {
  /// What a column is.
  private enum Column {
    case identity, source, sourceSHA256, quality, attributes
    case value(Int)
    case ignored
  }

  private let lines: TextRows
  private var columns: [Column] = []
  private(set) var ignoredFields: Set<String> = []
  private var width = 0
  private var fields: [Range<Int>] = []

  init(_ source: ByteSource) throws {
    lines = try TextRows(source, takesReturns: true)
    var first = 1
    guard let header = try nextRecord(first: &first) else {
      throw VectorFileError(path: source.path, reason: "is empty: the first line names the columns, identity,v0,v1,…")
    }
    try split(header, line: first)
    let names = try fields.map { try text(header, $0, "the header", line: first) }
    if let name = names.first(where: { $0.unicodeScalars.contains("\r") }) {
      throw VectorFileError(
        path: source.path, place: .line(first),
        reason: "\"\(VectorFileError.shown(name))\" has a carriage return in it: save the file with the same line ends "
          + "throughout")
    }
    columns = names.map(column)
    for (name, column) in zip(names, columns) {
      if case .ignored = column { ignoredFields.insert(VectorFileError.shown(name)) }
    }
    try checkColumns(header, line: first)
  }

  private func column(_ name: String) -> Column {
    switch name {
    case "identity": .identity
    case "source": .source
    case "source_sha256": .sourceSHA256
    case "quality": .quality
    case "attributes": .attributes
    default:
      if name.first == "v", let index = Int(name.dropFirst()), "v\(index)" == name, index >= 0 {
        .value(index)
      } else {
        .ignored
      }
    }
  }

  private func checkColumns(_ header: UnsafeRawBufferPointer, line: Int) throws {
    func refuse(_ reason: String) -> VectorFileError {
      VectorFileError(path: path, place: .line(line), reason: reason)
    }
    var seen: Set<Int> = []
    var others: Set<String> = []
    for column in columns {
      switch column {
      case .value(let index):
        if !seen.insert(index).inserted { throw refuse("the header names v\(index) twice") }
      case .ignored: continue
      default:
        if !others.insert("\(column)").inserted { throw refuse("the header names \(column) twice") }
      }
    }
    guard others.contains("identity") else {
      throw refuse(
        "\"\(VectorFileError.shown(header))\" names no column identity: begin the file with identity,v0,v1,…, "
          + "separated by commas")
    }
    guard (1...VectorFile.largestDimension).contains(seen.count) else {
      throw refuse("the header names \(seen.count) values, a vector has 1 to 65536: call them v0, v1, …")
    }
    guard seen.max() == seen.count - 1 else {
      throw refuse("the header names \(seen.count) values up to v\(seen.max() ?? 0): number them from v0 without gaps")
    }
    width = seen.count
  }

  var path: String { lines.source.path }
  var dimension: Int? { width }
  var rowCount: Int? { nil }
  var byteCount: Int? { lines.source.size }
  var position: VectorFilePosition { lines.position }
  func place(_ number: Int) -> VectorFileError.Place { .line(number) }
  func seek(to position: VectorFilePosition) throws { try lines.seek(to: position) }

  private func nextRecord(first: inout Int) throws -> UnsafeRawBufferPointer? {
    while let record = try lines.nextRecord(first: &first) {
      if !record.isEmpty { return record }
    }
    return nil
  }

  func next() throws -> VectorRow? {
    var line = 0
    guard let record = try nextRecord(first: &line) else { return nil }
    lines.rows += 1
    try split(record, line: line)
    guard fields.count == columns.count else {
      throw lines.fault("it has \(fields.count) fields, the header has \(columns.count)", line: line)
    }
    var row = VectorRow(number: line, vector: [Float](repeating: 0, count: width))
    for (column, field) in zip(columns, fields) {
      switch column {
      case .value(let index):
        row.vector[index] = try lines.number(
          UnsafeRawBufferPointer(rebasing: record[unquoted(record, field)]), value: index, line: line)
      case .identity: row.identity = try text(record, field, "the identity", line: line)
      case .source: row.source = try optional(record, field, "the source", line: line)
      case .sourceSHA256: row.sourceSHA256 = try optional(record, field, "source_sha256", line: line)
      case .attributes: row.attributes = try optional(record, field, "the attributes", line: line)
      case .quality:
        if let text = try optional(record, field, "the quality", line: line) {
          guard let value = Double(text), value.isFinite else {
            throw lines.fault("the quality \"\(VectorFileError.shown(text))\" is not a number", line: line)
          }
          row.quality = value
        }
      case .ignored: continue
      }
    }
    return row
  }

  // MARK: Fields

  /// Finds the fields of a record, quotes included.
  private func split(_ record: UnsafeRawBufferPointer, line: Int) throws {
    fields.removeAll(keepingCapacity: true)
    var index = 0
    while true {
      let start = index
      if index < record.count, record[index] == Self.quote {
        index += 1
        while true {
          guard index < record.count else {
            throw VectorFileError(
              path: path, place: .line(line), reason: "a quote opens that no other closes: double the quotes in a field"
            )
          }
          if record[index] == Self.quote {
            index += 1
            guard index < record.count, record[index] == Self.quote else { break }
          }
          index += 1
        }
        guard index == record.count || record[index] == Self.comma else {
          throw lines.fault("field \(fields.count + 1) goes on behind its quotes: double the quotes in it", line: line)
        }
      } else {
        while index < record.count, record[index] != Self.comma {
          if record[index] == Self.quote {
            throw lines.fault(
              "field \(fields.count + 1) has a quote in its middle: put the field in quotes, and double those in it",
              line: line)
          }
          index += 1
        }
      }
      fields.append(start..<index)
      if index == record.count { return }
      index += 1
    }
  }

  private func unquoted(_ record: UnsafeRawBufferPointer, _ field: Range<Int>) -> Range<Int> {
    var field = field
    if !field.isEmpty, record[field.lowerBound] == Self.quote { field = field.lowerBound + 1..<field.upperBound - 1 }
    while let first = field.first, record[first] == 32 { field = first + 1..<field.upperBound }
    while let last = field.last, record[last] == 32 { field = field.lowerBound..<last }
    return field
  }

  private func text(
    _ record: UnsafeRawBufferPointer, _ field: Range<Int>, _ what: String, line: Int
  ) throws -> String {
    guard !field.isEmpty, record[field.lowerBound] == Self.quote else {
      return try lines.text(UnsafeRawBufferPointer(rebasing: record[field]), what, line: line)
    }
    let inside = UnsafeRawBufferPointer(rebasing: record[field.lowerBound + 1..<field.upperBound - 1])
    guard inside.contains(Self.quote) else { return try lines.text(inside, what, line: line) }
    // Of quotes, which all are written twice here, every second goes.
    var bytes: [UInt8] = []
    var isSecond = false
    for byte in inside {
      isSecond = byte == Self.quote && !isSecond
      if byte != Self.quote || isSecond { bytes.append(byte) }
    }
    return try bytes.withUnsafeBytes { try lines.text($0, what, line: line) }
  }

  private func optional(
    _ record: UnsafeRawBufferPointer, _ field: Range<Int>, _ what: String, line: Int
  ) throws -> String? {
    field.isEmpty ? nil : try text(record, field, what, line: line)
  }

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
}
