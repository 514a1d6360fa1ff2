import Foundation

/// The rows of a CSV file (RFC 4180), one after another, as parts of its bytes: nothing is copied but fields with quotation
/// marks in them.
struct SeriesRows {
  /// A row that is not empty.
  struct Row {
    let bytes: UnsafeBufferPointer<UInt8>
    /// Where it begins, counted from 1.
    let line: Int
    /// Whether any of its fields is in quotation marks.
    let isQuoted: Bool
  }

  /// A field, without the quotation marks around it.
  struct Field {
    let bytes: Slice<UnsafeBufferPointer<UInt8>>
    /// Whether quotation marks are written twice in it.
    let hasDoubled: Bool
  }

  /// What stands between fields; nil as long as that is not known, and may be any of a comma, a semicolon and a tab.
  var separator: UInt8?
  private let bytes: UnsafeBufferPointer<UInt8>
  private let end: Int
  private var position: Int
  private var line = 1

  /// - Parameter bytes: the file's, with a terminator at `end`.
  init(bytes: UnsafeBufferPointer<UInt8>, position: Int, end: Int) {
    (self.bytes, self.position, self.end) = (bytes, position, end)
  }

  /// The next row; nil at the end.
  ///
  /// - Parameter path: what errors call the file.
  /// - Throws: ``SeriesError`` where quotation marks are not closed.
  mutating func next(in path: String) throws -> Row? {
    while position < end {
      let (start, first) = (position, line)
      // A quotation mark opens a field at its beginning, and closes it; within a field it is a character like any other.
      var (isOpen, hasQuotes, isBeginning) = (false, false, true)
      var (place, closed) = (position, -1)
      while place < end {
        let byte = bytes[place]
        if byte == Self.quote {
          if isOpen {
            (isOpen, closed) = (false, place)
          } else if isBeginning || closed == place - 1 {
            // At a field's beginning; or the second of two, and the field goes on.
            (isOpen, hasQuotes) = (true, true)
          }
          isBeginning = false
        } else if byte == Self.newline || byte == Self.carriageReturn {
          guard isOpen else { break }
          line += 1
          place += lineEnd(at: place) - 1
        } else if !isOpen {
          isBeginning = isSeparator(byte) || (isBeginning && byte == Self.space)
        }
        place += 1
      }
      guard !isOpen else {
        throw SeriesError(path, "a quotation mark at line \(first) or after it is not closed: close it, or remove it")
      }
      position = place + (place < end ? lineEnd(at: place) : 0)
      line += 1
      var last = place
      while last > start, bytes[last - 1] == Self.space { last -= 1 }
      if last > start {
        return Row(bytes: UnsafeBufferPointer(rebasing: bytes[start..<last]), line: first, isQuoted: hasQuotes)
      }
    }
    return nil
  }

  private func isSeparator(_ byte: UInt8) -> Bool {
    separator.map { $0 == byte } ?? [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")].contains(byte)
  }

  /// The bytes of the line's end at a place: two for CRLF. After the last byte there is a terminator.
  private func lineEnd(at place: Int) -> Int {
    bytes[place] == Self.carriageReturn && bytes[place + 1] == Self.newline ? 2 : 1
  }

  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let space = UInt8(ascii: " ")
}

extension SeriesRows.Row {
  /// How often a separator stands outside of quotation marks.
  func count(_ separator: UInt8) -> Int {
    var isOpen = false
    return bytes.reduce(0) { count, byte in
      if isQuoted, byte == SeriesRows.quote { isOpen.toggle() }
      return count + (byte == separator && !isOpen ? 1 : 0)
    }
  }

  /// The row's fields.
  ///
  /// - Parameter path: what errors call the file.
  /// - Throws: ``SeriesError`` where something stands between a closing quotation mark and the field's end.
  func fields(separatedBy separator: UInt8, in path: String) throws -> [SeriesRows.Field] {
    guard isQuoted else {
      return bytes.split(separator: separator, omittingEmptySubsequences: false).map {
        SeriesRows.Field(bytes: $0, hasDoubled: false)
      }
    }
    var fields: [SeriesRows.Field] = []
    var place = 0
    while true {
      var start = place
      while start < bytes.count, bytes[start] == SeriesRows.space { start += 1 }
      if start < bytes.count, bytes[start] == SeriesRows.quote {
        let (stop, hasDoubled) = closing(after: start)
        fields.append(SeriesRows.Field(bytes: bytes[start + 1..<stop], hasDoubled: hasDoubled))
        place = stop + 1
        while place < bytes.count, bytes[place] == SeriesRows.space { place += 1 }
        guard place >= bytes.count || bytes[place] == separator else {
          throw SeriesError(
            path,
            "line \(line): something stands between a closing quotation mark and the end of its field: write quotation marks "
              + "within a field twice")
        }
      } else {
        let stop = bytes[place...].firstIndex(of: separator) ?? bytes.count
        fields.append(SeriesRows.Field(bytes: bytes[place..<stop], hasDoubled: false))
        place = stop
      }
      guard place < bytes.count else { return fields }
      place += 1
    }
  }

  /// Where a field in quotation marks ends, and whether there are doubled ones in it.
  private func closing(after start: Int) -> (stop: Int, hasDoubled: Bool) {
    var (place, hasDoubled) = (start + 1, false)
    while place < bytes.count {
      if bytes[place] == SeriesRows.quote {
        guard place + 1 < bytes.count, bytes[place + 1] == SeriesRows.quote else { break }
        hasDoubled = true
        place += 1
      }
      place += 1
    }
    return (min(place, bytes.count), hasDoubled)
  }
}

extension SeriesRows.Field {
  /// The field, without spaces around it.
  var text: String {
    var own = bytes
    while own.first == SeriesRows.space { own.removeFirst() }
    while own.last == SeriesRows.space { own.removeLast() }
    guard hasDoubled else { return String(decoding: own, as: UTF8.self) }
    // Byte by byte: a quote with a mark that combines with it is a character of its own.
    var (single, isSecond): ([UInt8], Bool) = ([], false)
    for byte in own {
      isSecond = byte == SeriesRows.quote && !isSecond
      if byte != SeriesRows.quote || isSecond { single.append(byte) }
    }
    return String(decoding: single, as: UTF8.self)
  }

  /// The field as a decimal number, `nan` or `inf`, whatever the locale; nil where it is none.
  var number: Double? {
    // What begins with 0x would be a number in hexadecimal.
    bytes.contains { $0 | 0x20 == UInt8(ascii: "x") } ? nil : Double(text)
  }
}
