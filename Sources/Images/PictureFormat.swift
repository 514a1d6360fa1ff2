/// The formats that can be decoded, recognised by their first bytes.
enum PictureFormat {
  case jpeg
  case png
  case portableMap

  /// Throws `PictureError` naming the format where it is a known one that is not decoded here.
  init(of bytes: [UInt8]) throws {
    guard !bytes.isEmpty else {
      throw PictureError(reason: "the file is empty: it is no picture")
    }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: PNG.signature) {
      self = .png
    } else if bytes.count >= 3, bytes[0] == UInt8(ascii: "P"), "2356".utf8.contains(bytes[1]),
      PortableMap.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#")
    {
      self = .portableMap
    } else if let name = Self.foreignFormat(of: bytes) {
      throw PictureError(reason: "\(name) pictures are not decoded: convert it to JPEG or PNG")
    } else {
      throw PictureError(reason: "this is no JPEG, PNG, PGM or PPM picture (judged by its first bytes)")
    }
  }

  private static func foreignFormat(of bytes: [UInt8]) -> String? {
    func has(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
    if has("GIF8") { return "GIF" }
    if has("RIFF"), has("WEBP", at: 8) { return "WebP" }
    if has("ftyphei", at: 4) || has("ftypmif1", at: 4) { return "HEIF" }
    if has("ftypavif", at: 4) { return "AVIF" }
    if has("II*\0") || has("MM\0*") { return "TIFF" }
    if has("BM"), bytes.count >= 14, bytes[6...9].allSatisfy({ $0 == 0 }) { return "BMP" }
    if has("P1") || has("P4") { return "Black-and-white PBM" }
    if has("P7\n") { return "PAM" }
    return nil
  }
}
