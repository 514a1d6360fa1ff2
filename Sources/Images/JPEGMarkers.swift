/// What the marker segments of a JPEG file say that TurboJPEG does not tell: the EXIF orientation, and whether the
/// end-of-image marker is there.
struct JPEGMarkers {
  /// 1…8; 1 where the file says nothing valid.
  private(set) var orientation = 1

  /// Whether the stream reaches its end-of-image marker.
  private(set) var hasEnd = false

  /// Walks the segments of `bytes` (ITU-T T.81, annex B), which begin with the start-of-image marker.
  init(_ bytes: [UInt8]) {
    var position = 2
    var orientationFound = false
    while let marker = Self.nextMarker(in: bytes, at: &position) {
      switch marker {
      case 0xD9:
        hasEnd = true
        return
      case 0x00, 0x01, 0xD0...0xD8:
        // Stuffed zeros and restart markers inside entropy-coded data; markers without a segment.
        continue
      default:
        guard position + 2 <= bytes.count else { return }
        let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
        guard length >= 2, position + length <= bytes.count else { return }
        if marker == 0xE1, !orientationFound,
          let found = EXIF.orientation(inSegment: bytes[(position + 2)..<(position + length)])
        {
          orientation = found
          orientationFound = true
        }
        position += length
      }
    }
  }

  /// The code of the next marker at or after `position`, which moves behind it; `nil` at the end of the bytes.
  private static func nextMarker(in bytes: [UInt8], at position: inout Int) -> UInt8? {
    while position < bytes.count, bytes[position] != 0xFF { position += 1 }
    while position < bytes.count, bytes[position] == 0xFF { position += 1 }
    guard position < bytes.count else { return nil }
    position += 1
    return bytes[position - 1]
  }
}
