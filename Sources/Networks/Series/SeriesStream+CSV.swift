import Files
import Foundation

extension SeriesStream {
  /// Reads a CSV file: a header, then a row a moment. The columns:
  ///
  /// - `t_ms`, milliseconds; or `date`, `time`, `timestamp` or `datetime` with dates such as `2016-07-01 13:00:00`;
  /// - `label`, if there is one: text, empty where a row has none;
  /// - every other column is a channel. An empty field or `NaN` is a missing value, and so is a number beyond
  ///   ``largest``.
  ///
  /// Commas, semicolons or tabs stand between the fields. A field may stand in quotation marks, numbers too, and then holds
  /// what separates fields and rows elsewhere, a quotation mark written twice (RFC 4180). Lines end in LF, CRLF or CR. Of
  /// rows with the same time the first counts.
  ///
  /// - Throws: ``SeriesError`` naming the line where the file is not that.
  public init(contentsOf path: String) throws {
    guard let data = FileContents.of(path) else {
      throw SeriesError(path, "cannot be read: check the path and its rights")
    }
    let file = URL(fileURLWithPath: path).lastPathComponent
    let name = file.lowercased().hasSuffix(".csv") ? String(file.dropLast(4)) : file
    try self.init(csv: data, name: name, path: path)
  }

  /// Reads the bytes of such a file.
  ///
  /// - Parameters:
  ///   - data: the whole file.
  ///   - name: the stream's name.
  ///   - path: what errors call it; nil for the name.
  public init(csv data: Data, name: String, path: String? = nil) throws {
    var reader = SeriesReader(path: path ?? name)
    var table = try reader.read(data)
    do {
      try self.init(
        name: name, channels: table.channels, times: table.times, values: table.relative(), offsets: table.offsets(),
        labels: table.labels)
    } catch let error as SeriesError {
      throw SeriesError(path ?? name, error.reason)
    }
  }
}

/// Reads one file, row by row.
private struct SeriesReader {
  struct Table {
    var channels: [String] = []
    var times: [Double] = []
    /// As they are written: many a signal is small beside where it lies.
    var values: [Double] = []
    var labels: [String?] = []
    private var counted: [Double]?

    /// What the values of each channel are counted from.
    mutating func offsets() -> [Double] {
      if let counted { return counted }
      let offsets = channels.indices.map { channel in
        var (least, greatest, isExact) = (Double.infinity, -Double.infinity, true)
        for place in stride(from: channel, to: values.count, by: channels.count) where values[place].isFinite {
          (least, greatest) = (min(least, values[place]), max(greatest, values[place]))
          isExact = isExact && Double(Float(values[place])) == values[place]
        }
        return !isExact && SeriesStream.isNarrow(least, greatest) ? least : 0
      }
      counted = offsets
      return offsets
    }

    /// The values less that.
    mutating func relative() -> [Float] {
      let offsets = offsets()
      guard offsets.contains(where: { $0 != 0 }) else { return values.map { Float($0) } }
      return values.indices.map { Float(values[$0] - offsets[$0 % offsets.count]) }
    }
  }

  private enum Column {
    case milliseconds
    case date
    case label
    case channel
  }

  let path: String
  private var columns: [Column] = []
  private var names: [String] = []
  private var separator = UInt8(ascii: ",")
  private var known: [String: String] = [:]
  /// Channels of which a value was too large to count.
  private var larger: Set<String> = []

  init(path: String) { self.path = path }

  mutating func read(_ data: Data) throws -> Table {
    var table = Table()
    // A terminator, so that the byte after a line's end may be looked at.
    let bytes = [UInt8](data) + [0]
    let first = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    try bytes.withUnsafeBufferPointer { buffer in
      var rows = SeriesRows(bytes: buffer, position: first, end: bytes.count - 1)
      while let row = try rows.next(in: path) {
        if columns.isEmpty {
          try readHeader(row)
          rows.separator = separator
          table.channels = zip(names, columns).filter { $0.1 == .channel }.map(\.0)
        } else {
          try readRow(row, into: &table)
        }
      }
    }
    guard !columns.isEmpty else { throw SeriesError(path, "is empty: a header and rows were expected") }
    guard !table.times.isEmpty else { throw SeriesError(path, "has a header but no rows") }
    let channels = table.channels.count
    for (index, channel) in table.channels.enumerated()
    where stride(from: index, to: table.values.count, by: channels).allSatisfy({ !table.values[$0].isFinite }) {
      throw SeriesError(
        path,
        larger.contains(channel)
          ? "the values of the channel \"\(channel)\" are too large, beyond \(SeriesStream.largest): write them in a larger "
            + "unit, or remove the column"
          : "the channel \"\(channel)\" has no value in any row: remove the column or mend it")
    }
    return table
  }

  private mutating func readHeader(_ row: SeriesRows.Row) throws {
    separator = [",", ";", "\t"].map { UInt8(ascii: $0) }.max { row.count($0) < row.count($1) } ?? separator
    let header = String(decoding: row.bytes, as: UTF8.self)
    names = try row.fields(separatedBy: separator, in: path)
      .map { $0.text.trimmingCharacters(in: CharacterSet(charactersIn: " \"'")) }
    guard Set(names).count == names.count, !names.contains("") else {
      throw SeriesError(path, "two columns have the same name, or none, in \"\(header.prefix(120))\": name each once")
    }
    var hasTime = false
    columns = names.map { name in
      switch name.lowercased() {
      case "t_ms" where !hasTime:
        hasTime = true
        return .milliseconds
      case "date", "time", "timestamp", "datetime":
        guard !hasTime, !names.contains(where: { $0.lowercased() == "t_ms" }) else { return .channel }
        hasTime = true
        return .date
      case "label": return .label
      default: return .channel
      }
    }
    guard hasTime else {
      throw SeriesError(
        path,
        "no column says when a row was measured: call it t_ms (milliseconds) or date, in \"\(header.prefix(120))\"")
    }
    guard columns.contains(.channel) else {
      throw SeriesError(path, "has no channel beside time and label: add columns of numbers")
    }
  }

  private mutating func readRow(_ row: SeriesRows.Row, into table: inout Table) throws {
    let line = row.line
    let fields = try row.fields(separatedBy: separator, in: path)
    guard fields.count == columns.count else {
      throw SeriesError(path, "line \(line) has \(fields.count) fields where the header has \(columns.count)")
    }
    var time: Double?
    var label: String?
    let start = table.values.count
    for (index, field) in fields.enumerated() {
      switch columns[index] {
      case .milliseconds:
        time = field.number
      case .date:
        time = SeriesTimestamp.milliseconds(Substring(field.text)) ?? field.number
      case .label:
        let text = field.text
        if !text.isEmpty {
          if known[text] == nil { known[text] = text }
          label = known[text]
        }
      case .channel:
        guard let value = field.number ?? missing(field) else {
          throw SeriesError(
            path, "line \(line): \(names[index]) is \"\(field.text.prefix(40))\", a number was expected")
        }
        let isLarger = abs(Float(value)) > SeriesStream.largest
        if isLarger { larger.insert(names[index]) }
        table.values.append(isLarger ? .nan : value)
      }
    }
    guard let time, time.isFinite else {
      throw SeriesError(path, "line \(line) does not say when it was measured: its time is no number and no date")
    }
    if let before = table.times.last, time <= before {
      guard time == before else {
        throw SeriesError(path, "time goes back at line \(line): sort the rows by time, or make a file of each part")
      }
      table.values.removeLast(table.values.count - start)
      return
    }
    table.times.append(time)
    if columns.contains(.label) { table.labels.append(label) }
  }

  private func missing(_ field: SeriesRows.Field) -> Double? {
    ["", "na", "null", "none", "-"].contains(field.text.lowercased()) ? .nan : nil
  }
}
