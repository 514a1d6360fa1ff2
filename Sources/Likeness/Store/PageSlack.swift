/// One page of a tree of a database file, as far as it tells which of its bytes mean something, and which pages it leads to.
///
/// The page layout is that of *Database File Format*, sections 1.5 and 1.6, https://www.sqlite.org/fileformat2.html.
struct PageSlack {
  /// What a row or an entry has on further pages: the first of them, and how many bytes are there.
  struct Continuation: Hashable {
    var page: Int
    var bytes: Int
  }

  /// Pages of the tree below.
  private(set) var children: [Int] = []
  private(set) var continuations: [Continuation] = []
  /// Bytes that mean nothing, as offsets in the page.
  private(set) var unused: [Range<Int>] = []

  private let bytes: PageBytes

  /// - Parameters:
  ///   - bytes: the page.
  ///   - isFirst: whether it is the first of the file, which begins with the file's header.
  /// - Returns: nil for what is no page of a tree, or one that contradicts itself.
  init?(_ bytes: ArraySlice<UInt8>, isFirst: Bool) {
    let page = bytes
    let bytes = PageBytes(page)
    self.bytes = bytes
    let header = isFirst ? 100 : 0
    let kind: (isInterior: Bool, isTable: Bool)
    switch page[page.startIndex + header] {
    case 0x02: kind = (true, false)
    case 0x05: kind = (true, true)
    case 0x0A: kind = (false, false)
    case 0x0D: kind = (false, true)
    default: return nil
    }
    let count = bytes.number(header + 3, 2)
    let list = header + (kind.isInterior ? 12 : 8)
    let listed = list + 2 * count
    guard listed <= bytes.count else { return nil }

    var used = [0..<listed]
    if kind.isInterior { children.append(bytes.number(header + 8, 4)) }
    for i in 0..<count {
      guard let cell = cell(at: bytes.number(list + 2 * i, 2), kind), cell.lowerBound >= listed else { return nil }
      used.append(cell)
    }
    guard let blocks = freeBlocks(from: bytes.number(header + 1, 2), behind: listed) else { return nil }
    used += blocks
    used.sort { $0.lowerBound < $1.lowerBound }
    var end = 0
    for range in used {
      // Cells that share bytes are none.
      if range.lowerBound < end { return nil }
      if range.lowerBound > end { unused.append(end..<range.lowerBound) }
      end = range.upperBound
    }
    if end < bytes.count { unused.append(end..<bytes.count) }
  }

  /// The bytes of an entry, whose pages are noted; nil for one that is not within the page.
  private mutating func cell(at start: Int, _ kind: (isInterior: Bool, isTable: Bool)) -> Range<Int>? {
    var at = start
    if kind.isInterior {
      guard start + 4 <= bytes.count else { return nil }
      children.append(bytes.number(start, 4))
      at += 4
      if kind.isTable { return bytes.varint(&at) == nil ? nil : start..<at }
    }
    guard let size = bytes.varint(&at), size >= 0, size <= 1 << 40 else { return nil }
    if kind.isTable, bytes.varint(&at) == nil { return nil }
    let payload = Int(size)
    let here = bytes.fitting(payload, isTable: kind.isTable)
    var end = at + here
    if here < payload {
      end += 4
      guard end <= bytes.count else { return nil }
      continuations.append(Continuation(page: bytes.number(at + here, 4), bytes: payload - here))
    }
    // SQLite gives every entry room for being a free block one day.
    end = max(end, start + 4)
    return end <= bytes.count ? start..<end : nil
  }

  /// The beginnings of the free blocks, which say how long each is and where the next one begins; nil where they cannot be
  /// followed.
  private func freeBlocks(from first: Int, behind listed: Int) -> [Range<Int>]? {
    var blocks: [Range<Int>] = []
    var at = first
    var last = 0
    while at != 0 {
      guard at > last, at >= listed, at + 4 <= bytes.count else { return nil }
      blocks.append(at..<at + 4)
      last = at
      at = bytes.number(at, 2)
    }
    return blocks
  }
}
