/// The one field of EXIF that changes what is seen (JEITA CP-3451): the orientation, tag 0x0112 of the first directory.
enum EXIF {
  /// The orientation in an APP1 segment's content, `nil` where it is no EXIF or says nothing valid.
  static func orientation(inSegment segment: ArraySlice<UInt8>) -> Int? {
    let prefix: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]
    guard segment.starts(with: prefix) else { return nil }
    return orientation(inTIFF: segment.dropFirst(prefix.count))
  }

  /// The orientation in a TIFF structure, `nil` where it says nothing valid. Every offset is checked.
  static func orientation(inTIFF tiff: ArraySlice<UInt8>) -> Int? {
    let reader: TIFFReader
    if tiff.starts(with: [0x49, 0x49, 0x2A, 0]) {
      reader = TIFFReader(bytes: tiff, littleEndian: true)
    } else if tiff.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
      reader = TIFFReader(bytes: tiff, littleEndian: false)
    } else {
      return nil
    }
    guard let directory = reader.uint32(at: 4), let count = reader.uint16(at: directory) else { return nil }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let tag = reader.uint16(at: entry), let type = reader.uint16(at: entry + 2),
        let values = reader.uint32(at: entry + 4)
      else { return nil }
      guard tag == 0x0112 else { continue }
      guard values == 1, let value = type == 3 ? reader.uint16(at: entry + 8) : reader.uint32(at: entry + 8),
        type == 3 || type == 4, (1...8).contains(value)
      else { return nil }
      return value
    }
    return nil
  }
}

/// Bounds-checked integers of a TIFF structure. Offsets are at most 2³² + 12 × 2¹⁶: they cannot overflow an `Int`.
private struct TIFFReader {
  let bytes: ArraySlice<UInt8>
  let littleEndian: Bool

  func uint16(at offset: Int) -> Int? { integer(at: offset, size: 2) }

  func uint32(at offset: Int) -> Int? { integer(at: offset, size: 4) }

  private func integer(at offset: Int, size: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - size else { return nil }
    let start = bytes.startIndex + offset
    let field = bytes[start..<(start + size)]
    let value =
      littleEndian
      ? field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } : field.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }
}
