/// One page of a database file, as far as it tells which rows are on it.
///
/// The page layout is that of *Database File Format*, sections 1.6 and 2.1, https://www.sqlite.org/fileformat2.html.
struct TablePage {
  private let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Whether rows of a table with at least so many columns may be on the page, or continue on it.
  ///
  /// - Parameter isRoot: Whether the page is the root of that table.
  func mayHold(columns: Int, isRoot: Bool) -> Bool {
    switch bytes.first {
    // Inner pages, and pages of indexes and of tables that are stored as one.
    case 0x02, 0x05, 0x0A: return false
    // A leaf of a table.
    case 0x0D: break
    // What continues a row that is longer than a page, or is no page of a tree.
    default: return true
    }
    // Only a root is ever without rows.
    if number(3, 2) == 0 { return isRoot }
    guard let row = row(0) else { return true }
    return row.types.count >= columns
  }

  /// The number that a leaf of `sqlite_sequence` has for a table; 0 where it has none, nil where the page is not such
  /// a leaf.
  func sequence(of table: String) -> Int64? {
    guard bytes.first == 0x0D else { return nil }
    for index in 0..<number(3, 2) {
      guard let row = row(index), row.types.count == 2, let name = length(row.types[0]), row.types[0] % 2 == 1
      else { return nil }
      let start = row.start
      guard start + name <= bytes.endIndex else { return nil }
      if bytes[start..<start + name].elementsEqual(table.utf8) {
        return integer(type: row.types[1], at: start + name)
      }
    }
    return 0
  }

  // MARK: Rows

  /// The serial types of a row's columns, and where their values begin.
  private func row(_ index: Int) -> (types: [Int64], start: Int)? {
    var at = bytes.startIndex + number(8 + 2 * index, 2)
    guard varint(&at) != nil, varint(&at) != nil else { return nil }
    let header = at
    guard let size = varint(&at), size >= 1, size <= Int64(bytes.endIndex - header) else { return nil }
    let end = header + Int(size)
    var types: [Int64] = []
    while at < end {
      guard let type = varint(&at) else { return nil }
      types.append(type)
    }
    return at == end ? (types, end) : nil
  }

  /// How many bytes a value of a serial type takes; nil for one that SQLite does not use.
  private func length(_ type: Int64) -> Int? {
    switch type {
    case 0, 8, 9: 0
    case 1...4: Int(type)
    case 5: 6
    case 6, 7: 8
    case 12...: Int(clamping: (type - 12) / 2)
    default: nil
    }
  }

  private func integer(type: Int64, at start: Int) -> Int64? {
    switch type {
    case 8: return 0
    case 9: return 1
    case 1...6:
      guard let count = length(type), start + count <= bytes.endIndex, let first = bytes[start...].first else {
        return nil
      }
      return bytes[start + 1..<start + count].reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
    default: return nil
    }
  }

  /// A number of one to nine bytes, seven bits each and eight in the last.
  private func varint(_ at: inout Int) -> Int64? {
    var value: UInt64 = 0
    for place in 0..<9 {
      guard at < bytes.endIndex else { return nil }
      let byte = bytes[at]
      at += 1
      if place == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
      value = value << 7 | UInt64(byte & 0x7F)
      if byte < 0x80 { return Int64(bitPattern: value) }
    }
    return nil
  }

  /// A big-endian number of `count` bytes; all ones where the page ends before.
  private func number(_ offset: Int, _ count: Int) -> Int {
    let start = bytes.startIndex + offset
    guard start + count <= bytes.endIndex else { return 1 << (8 * count) - 1 }
    return bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
  }
}
