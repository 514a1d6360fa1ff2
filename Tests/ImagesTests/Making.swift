import CTurboJPEG
import Foundation
import Images
import Seeded

/// Pictures and files made for one test.
enum Making {
  private static func picture(_ width: Int, _ height: Int, _ channels: Int, _ pixels: [UInt8]) -> Picture {
    guard let picture = try? Picture(width: width, height: height, channels: channels, pixels: pixels) else {
      preconditionFailure("the pixels of a test picture fill it")
    }
    return picture
  }

  static func noise(_ width: Int, _ height: Int, _ channels: Int, seed: UInt64) -> Picture {
    var random = Seeded(seed)
    let pixels = (0..<(width * height * channels)).map { _ in UInt8.random(in: 0...255, using: &random) }
    return picture(width, height, channels, pixels)
  }

  /// Smooth, without symmetry, and so nearly unharmed by JPEG.
  static func gradient(_ width: Int, _ height: Int, _ channels: Int) -> Picture {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<channels {
          pixels.append(UInt8(40 + 100 * x / width + (60 + 20 * channel) * y / height))
        }
      }
    }
    return picture(width, height, channels, pixels)
  }

  enum JPEGKind: CaseIterable { case grey, colour, progressive }

  static func jpeg(_ picture: Picture, progressive: Bool = false, quality: Int32 = 98) -> [UInt8] {
    let format = picture.channels == 1 ? TJPF_GRAY : TJPF_RGB
    let sampling = picture.channels == 1 ? TJSAMP_GRAY : TJSAMP_444
    return jpeg(
      picture.pixels, picture.width, picture.height, format, sampling, quality, progressive ? TJFLAG_PROGRESSIVE : 0)
  }

  static func jpeg(_ kind: JPEGKind, _ width: Int = 24, _ height: Int = 16) -> [UInt8] {
    jpeg(gradient(width, height, kind == .grey ? 1 : 3), progressive: kind == .progressive)
  }

  /// A YCCK file of inverted inks, as Photoshop writes it.
  static func cmykJPEG(inks: [UInt8], _ width: Int, _ height: Int) -> [UInt8] {
    jpeg(inks, width, height, TJPF_CMYK, TJSAMP_444, 98, 0)
  }

  private static func jpeg(
    _ pixels: [UInt8], _ width: Int, _ height: Int, _ format: TJPF, _ sampling: TJSAMP, _ quality: Int32,
    _ flags: Int32
  ) -> [UInt8] {
    let handle = tjInitCompress()
    defer { tjDestroy(handle) }
    var buffer: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    let result = tjCompress2(
      handle, pixels, Int32(width), 0, Int32(height), format.rawValue, &buffer, &size, Int32(sampling.rawValue),
      quality,
      flags)
    defer { tjFree(buffer) }
    precondition(result == 0)
    return Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
  }

  /// The file with a segment put right behind its start-of-image marker.
  static func inserting(marker: UInt8, _ content: [UInt8], into jpeg: [UInt8]) -> [UInt8] {
    let length = content.count + 2
    return jpeg.prefix(2) + [0xFF, marker, UInt8(length >> 8), UInt8(length & 0xFF)] + content + jpeg.dropFirst(2)
  }

  /// An EXIF block that has two other fields before the orientation.
  static func tiff(orientation: Int, littleEndian: Bool) -> [UInt8] {
    func integer(_ value: Int, _ size: Int) -> [UInt8] {
      let bytes = (0..<size).map { UInt8(value >> (8 * $0) & 0xFF) }
      return littleEndian ? bytes : bytes.reversed()
    }
    func entry(_ tag: Int, _ value: Int) -> [UInt8] {
      integer(tag, 2) + integer(3, 2) + integer(1, 4) + integer(value, 2) + [0, 0]
    }
    let head: [UInt8] = littleEndian ? [0x49, 0x49] : [0x4D, 0x4D]
    let entries = entry(0x0100, 24) + entry(0x0101, 16) + entry(0x0112, orientation)
    return head + integer(42, 2) + integer(8, 4) + integer(3, 2) + entries + integer(0, 4)
  }

  static func jpeg(_ jpeg: [UInt8], orientation: Int, littleEndian: Bool = true) -> [UInt8] {
    inserting(
      marker: 0xE1, Array("Exif\0\0".utf8) + tiff(orientation: orientation, littleEndian: littleEndian), into: jpeg)
  }

  /// A PNG file with uncompressed data; `rows` are its packed rows without filter bytes.
  static func png(
    _ width: Int, _ height: Int, depth: UInt8, colourType: UInt8, rows: [[UInt8]],
    before: [(type: String, content: [UInt8])] = []
  ) -> [UInt8] {
    let raw: [UInt8] = rows.reduce(into: []) { $0 += [0] + $1 }
    let size = raw.count
    var stream: [UInt8] = [0x78, 0x01, 1]
    stream += [size & 0xFF, size >> 8, ~size & 0xFF, ~size >> 8 & 0xFF].map { UInt8($0) }
    stream += raw
    var (a, b) = (1, 0)
    for byte in raw {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    stream += bigEndian(b << 16 | a)
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += chunk("IHDR", bigEndian(width) + bigEndian(height) + [depth, colourType, 0, 0, 0])
    for (type, content) in before { file += chunk(type, content) }
    return file + chunk("IDAT", stream) + chunk("IEND", [])
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) }
  }

  private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + content
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
    return bigEndian(content.count) + body + bigEndian(Int(~crc))
  }

  static func rawMap(_ picture: Picture) -> [UInt8] {
    Array("P\(picture.channels == 1 ? 5 : 6)\n# made for a test\n\(picture.width) \(picture.height)\n255\n".utf8)
      + picture.pixels
  }

  static func plainMap(_ picture: Picture) -> [UInt8] {
    Array("P\(picture.channels == 1 ? 2 : 3)\n\(picture.width) \(picture.height)\n255\n".utf8)
      + Array(picture.pixels.map(String.init).joined(separator: "\n").utf8) + [0x0A]
  }
}

/// A folder that is there for one test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "likeness-images-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    let file = "\(path)/\(name)"
    let folder = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// The error that a call throws.
func refusal(_ body: () throws -> Void) -> PictureError? {
  do {
    try body()
    return nil
  } catch {
    return error as? PictureError
  }
}
