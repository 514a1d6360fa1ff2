/// The bytes of one page of a database file, and the numbers in them.
///
/// *Database File Format*, sections 1.5 and 1.6, https://www.sqlite.org/fileformat2.html.
struct PageBytes {
  let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  var count: Int { bytes.count }

  /// A big-endian number of `count` bytes; all ones where the page ends before.
  func number(_ offset: Int, _ count: Int) -> Int {
    let start = bytes.startIndex + offset
    guard start + count <= bytes.endIndex else { return 1 << (8 * count) - 1 }
    return bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
  }

  /// A number of one to nine bytes, seven bits each and eight in the last; nil where the page ends before. `at` is an
  /// offset.
  func varint(_ at: inout Int) -> Int64? {
    var value: UInt64 = 0
    for place in 0..<9 {
      guard at < count else { return nil }
      let byte = bytes[bytes.startIndex + at]
      at += 1
      if place == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
      value = value << 7 | UInt64(byte & 0x7F)
      if byte < 0x80 { break }
    }
    return Int64(bitPattern: value)
  }

  /// How many of a row's or an entry's bytes are on the page itself, the others being on further pages.
  func fitting(_ payload: Int, isTable: Bool) -> Int {
    let whole = isTable ? count - 35 : (count - 12) * 64 / 255 - 23
    guard payload > whole else { return payload }
    let least = (count - 12) * 32 / 255 - 23
    let fitting = least + (payload - least) % (count - 4)
    return fitting <= whole ? fitting : least
  }
}
