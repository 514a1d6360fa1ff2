/// The frame of a PNG file (ISO/IEC 15948): its declared size, its orientation, and that it is whole to its last chunk.
struct PNGChunks {
  /// Declared columns.
  let width: Int

  /// Declared rows.
  let height: Int

  /// From an `eXIf` chunk; 1 where there is none.
  private(set) var orientation = 1

  /// Throws `PictureError` when the header is not there or the chunks do not reach the end chunk.
  ///
  /// `bytes` begin with the PNG signature. Bytes behind the end chunk are nobody's and accepted.
  init(_ bytes: [UInt8]) throws {
    func uint32(_ offset: Int) -> Int {
      bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    let truncated = PictureError(reason: "the PNG is truncated: get a whole copy")
    guard bytes.count >= 33 else { throw truncated }
    guard uint32(8) == 13, bytes[12..<16].elementsEqual("IHDR".utf8) else {
      throw PictureError(reason: "the PNG has no header: the file is damaged")
    }
    width = uint32(16)
    height = uint32(20)
    var position = 8
    while position + 12 <= bytes.count {
      let length = uint32(position)
      guard length <= bytes.count - position - 12 else { throw truncated }
      let type = bytes[(position + 4)..<(position + 8)]
      if type.elementsEqual("IEND".utf8) { return }
      if type.elementsEqual("eXIf".utf8),
        let found = EXIF.orientation(inTIFF: bytes[(position + 8)..<(position + 8 + length)])
      {
        orientation = found
      }
      position += 12 + length
    }
    throw truncated
  }
}
