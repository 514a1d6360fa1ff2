/// One page of a database file, as far as it tells which rows are on it and which pages it leads to.
///
/// The page layout is that of *Database File Format*, sections 1.6 and 2.1, https://www.sqlite.org/fileformat2.html.
struct TablePage {
  private let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Whether it is a leaf of a table.
  var isLeaf: Bool { bytes.first == 0x0D }

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

  /// The ids of the first and the last row of a leaf of a table; nil where there is none.
  var ids: ClosedRange<Int64>? {
    let count = number(3, 2)
    guard isLeaf, count > 0, let first = cell(0)?.id, let last = cell(count - 1)?.id, first <= last
    else { return nil }
    return first...last
  }

  /// The pages on which rows of a leaf of a table go on, the first of each.
  var continuations: [UInt32] {
    guard isLeaf else { return [] }
    return (0..<number(3, 2)).compactMap { index in
      guard let cell = cell(index) else { return nil }
      let (size, page) = (Int(clamping: cell.size), PageBytes(bytes))
      let here = page.fitting(size, isTable: true)
      return here < size ? UInt32(page.number(cell.start - bytes.startIndex + here, 4)) : nil
    }
  }

  // MARK: Pages that are of no tree

  /// The page after this one, where it is one of a chain.
  var next: UInt32 { UInt32(number(0, 4)) }

  /// The free pages that are listed on the page, if it may be one that lists them; the first of the list is the page
  /// that `firstFree` of page 1 names.
  var free: [UInt32] {
    let count = number(4, 4)
    guard count <= bytes.count / 4 - 2 else { return [] }
    return (0..<count).map { UInt32(number(8 + 4 * $0, 4)) }
  }

  /// On page 1, the first page that lists free ones; 0 where there is none.
  var firstFree: UInt32 { UInt32(number(32, 4)) }

  /// The number that a leaf of `sqlite_sequence` has for a table; 0 where it has none, nil where the page is not such
  /// a leaf.
  func sequence(of table: String) -> Int64? {
    guard isLeaf else { return nil }
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

  /// How many bytes a row has, its id, and where on the page it begins.
  private func cell(_ index: Int) -> (size: Int64, id: Int64, start: Int)? {
    var at = bytes.startIndex + number(8 + 2 * index, 2)
    guard let size = varint(&at), size >= 0, let id = varint(&at) else { return nil }
    return (size, id, at)
  }

  /// The serial types of a row's columns, and where their values begin.
  private func row(_ index: Int) -> (types: [Int64], start: Int)? {
    guard var at = cell(index)?.start else { return nil }
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

  private func varint(_ at: inout Int) -> Int64? {
    var offset = at - bytes.startIndex
    defer { at = offset + bytes.startIndex }
    return PageBytes(bytes).varint(&offset)
  }

  private func number(_ offset: Int, _ count: Int) -> Int { PageBytes(bytes).number(offset, count) }
}
