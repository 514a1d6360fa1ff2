/// Reads word2vec's text format, with or without its first line of two counts, and GloVe's, which has none.
///
/// Values are separated by spaces. Whatever comes before the last `dimension` of them is the word: some have spaces.
final class Word2VecReader: VectorReader {
  private let lines: TextRows
  private var columns = 0
  private var words: Int?

  init(_ source: ByteSource) throws {
    lines = try TextRows(source)
    let start = lines.position
    guard let first = try lines.nextFilled() else { return }
    let fields = Self.fields(first)
    if fields.count == 2, let count = Self.count(first, fields[0]), let dimension = Self.count(first, fields[1]) {
      columns = dimension
      words = count
    } else {
      let numbers = fields.reversed().prefix { DecimalFloat.parse(Self.slice(first, $0)) != nil }.count
      columns = min(numbers, fields.count - 1)
      try lines.seek(to: start)
    }
    guard (1...VectorFile.largestDimension).contains(columns) else {
      throw VectorFileError(
        path: source.path, place: .line(1),
        reason: "\"\(VectorFileError.shown(first))\" is not a word and its values: is this word2vec or GloVe text?")
    }
  }

  var path: String { lines.source.path }
  var dimension: Int? { columns > 0 ? columns : nil }
  var rowCount: Int? { words }
  var byteCount: Int? { lines.source.size }
  var position: VectorFilePosition { lines.position }
  func place(_ number: Int) -> VectorFileError.Place { .line(number) }
  func seek(to position: VectorFilePosition) throws { try lines.seek(to: position) }

  func next() throws -> VectorRow? {
    guard let line = try lines.nextFilled() else {
      if let words, lines.rows != words {
        throw VectorFileError(
          path: path,
          reason: "its first line promises \(words) words, and \(lines.rows) are there: it is cut short, or damaged")
      }
      return nil
    }
    lines.rows += 1
    // From the back, as the word may have spaces.
    var values = [Float](repeating: 0, count: columns)
    var end = Self.trimmed(line)
    for index in stride(from: columns - 1, through: 0, by: -1) {
      var start = end
      while start > 0, !Self.isSpace(line[start - 1]) { start -= 1 }
      guard start > 0 else {
        throw lines.fault("it has \(columns - 1 - index) values behind its word, the others have \(columns)")
      }
      values[index] = try lines.number(UnsafeRawBufferPointer(rebasing: line[start..<end]), value: index)
      end = start - 1
      if index > 0 { while end > 0, Self.isSpace(line[end - 1]) { end -= 1 } }
    }
    let word = UnsafeRawBufferPointer(rebasing: line[..<end])
    if word.isEmpty { throw lines.fault("it has \(columns) values and no word") }
    return VectorRow(number: lines.lines, identity: try lines.text(word, "the word"), vector: values)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  private static func trimmed(_ line: UnsafeRawBufferPointer) -> Int {
    var end = line.count
    while end > 0, isSpace(line[end - 1]) { end -= 1 }
    return end
  }

  private static func fields(_ line: UnsafeRawBufferPointer) -> [Range<Int>] {
    line.indices.split(whereSeparator: { isSpace(line[$0]) }).map { $0.startIndex..<$0.endIndex }
  }

  private static func slice(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: line[range])
  }

  private static func count(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    let text = line[range]
    return text.count <= 18 && text.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
      ? Int(String(decoding: text, as: UTF8.self)) : nil
  }
}
