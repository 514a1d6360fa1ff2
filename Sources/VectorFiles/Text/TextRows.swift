/// Where in a field of comma-separated values a byte is. Quotes count at a field's beginning alone.
private enum CSVField {
  case start, plain, quoted, quoteInQuoted

  mutating func step(_ byte: UInt8) {
    switch (self, byte) {
    case (.start, UInt8(ascii: "\"")), (.quoteInQuoted, UInt8(ascii: "\"")): self = .quoted
    case (.quoted, UInt8(ascii: "\"")): self = .quoteInQuoted
    case (.quoted, _): break
    case (_, UInt8(ascii: ",")): self = .start
    default: self = .plain
    }
  }
}

/// The lines of a text file, counted.
final class TextRows {
  let source: ByteSource
  /// Lines read so far.
  private(set) var lines = 0
  /// Rows read so far.
  var rows = 0
  /// The longest line there may be, in bytes: the memory that reading one costs.
  static let limit = 64 << 20

  /// What ends a line.
  private let newline: UInt8

  /// - Parameter takesReturns: whether lines may end in carriage returns alone, as spreadsheets on a Mac save them.
  init(_ source: ByteSource, takesReturns: Bool = false) throws {
    self.source = source
    // A byte order mark, as some programs put before UTF-8.
    try source.skip([0xEF, 0xBB, 0xBF])
    newline = try takesReturns && source.endsLinesInReturns(limit: Self.limit) ? 13 : 10
  }

  /// The next line without its end, there until the next call; nil behind the last.
  func next() throws -> UnsafeRawBufferPointer? {
    guard let line = try locating({ try source.line(limit: Self.limit) }) else { return nil }
    lines += 1
    return Self.withoutReturn(line)
  }

  /// The next line that is not empty.
  func nextFilled() throws -> UnsafeRawBufferPointer? {
    while let line = try next() {
      if !line.isEmpty { return line }
    }
    return nil
  }

  /// The next record of comma-separated values, which goes on over the newlines inside its quotes; nil behind the last.
  ///
  /// - Parameter first: receives the record's first line.
  func nextRecord(first: inout Int) throws -> UnsafeRawBufferPointer? {
    first = lines + 1
    var field = CSVField.start
    var inside = 0
    let record = try locating {
      try source.line(limit: Self.limit, newline: newline) { piece in
        if field == .start, !piece.contains(UInt8(ascii: "\"")) { return true }
        for byte in piece { field.step(byte) }
        if field == .quoted { inside += 1 }
        return field != .quoted
      }
    }
    guard let record else { return nil }
    lines += 1 + inside
    if newline == 13, record.first == 10 {
      throw VectorFileError(
        path: source.path, place: .line(first),
        reason: "the line before it ends otherwise than the first: save the file with the same line ends throughout")
    }
    return Self.withoutReturn(record)
  }

  private func locating<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch var error as VectorFileError {
      error.place = .line(lines + 1)
      throw error
    }
  }

  private static func withoutReturn(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    line.last == 13 ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
  }

  var position: VectorFilePosition { VectorFilePosition(offset: source.offset, row: rows, line: lines) }

  func seek(to position: VectorFilePosition) throws {
    if position.line > 0, let size = source.size, position.offset < size {
      try source.seek(to: position.offset - 1)
      let last = try source.take(1)?.first
      // A last line without its end has got one since, and more lines after it; or it was not whole, and has grown.
      if last != newline, try !source.skip([13, newline]), try !source.skip([newline]) {
        throw VectorFileError(
          path: source.path, place: .line(position.line),
          reason:
            "was cut off when it was read before, and has grown: import the file again as a whole, replacing what has the "
            + "same source (without resumes: --upsert without --resume)")
      }
    } else {
      try source.seek(to: position.offset)
    }
    rows = position.row
    lines = position.line
  }

  /// What is wrong with the row on `line`.
  func fault(_ reason: String, line: Int? = nil) -> VectorFileError {
    VectorFileError(path: source.path, place: .line(line ?? lines), reason: reason, canContinue: true)
  }

  /// Bytes as text.
  func text(_ bytes: UnsafeRawBufferPointer, _ what: String, line: Int? = nil) throws -> String {
    if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw fault("\(what) is not UTF-8: save the file as UTF-8", line: line)
    }
    return text
  }

  /// A number, or what is wrong with it.
  func number(_ bytes: UnsafeRawBufferPointer, value index: Int, line: Int? = nil) throws -> Float {
    if let value = DecimalFloat.parse(bytes) { return value }
    throw fault("value \(index), \"\(VectorFileError.shown(bytes))\", is not a number", line: line)
  }
}
