import Foundation
import Images
import Testing

@Suite("Refusals")
struct RefusalTests {
  @Test("what is no picture file is refused with a sentence that names it")
  func noPicture() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write(Array("Dear Ada, the engine works.\n".utf8), "letter.jpg")
    let empty = try folder.write([], "empty.png")
    let fifo = "\(folder.path)/fifo.jpg"
    #expect(mkfifo(fifo, 0o600) == 0)
    let cases = [
      (folder.path, "folder"), ("\(folder.path)/none.jpg", "no such file"), (text, "no JPEG, PNG, PGM or PPM"),
      (empty, "empty"), (fifo, "not a regular file"), ("/dev/null", "not a regular file"), ("", "no such file"),
    ]
    for (path, words) in cases {
      let error = try #require(refusal { _ = try Picture(contentsOf: path) })
      #expect(error.path == path && error.reason.contains(words), "\(error)")
      #expect("\(error)".hasPrefix("\(path): "))
    }
  }

  @Test(
    "pictures of other formats are named",
    arguments: [
      ("GIF89a......", "GIF"), ("RIFF\u{1}\u{1}\u{1}\u{1}WEBPVP8 ", "WebP"), ("II*\0....", "TIFF"), ("P4 8 8\n", "PBM"),
      ("\0\0\0\u{18}ftypheic....", "HEIF"), ("\0\0\0\u{18}ftypavif....", "AVIF"),
    ])
  func otherFormats(text: String, name: String) throws {
    let error = try #require(refusal { _ = try Picture(decoding: Array(text.utf8)) })
    #expect(error.reason.contains(name) && error.reason.contains("convert"))
  }

  @Test("a header of 60000×60000 is refused before anything is decoded")
  func bombs() throws {
    let jpeg = Making.jpeg(.colour)
    let frame = try #require((0..<jpeg.count - 1).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    var largeJPEG = jpeg
    largeJPEG.replaceSubrange((frame + 5)..<(frame + 9), with: [0xEA, 0x60, 0xEA, 0x60])
    let files = [
      largeJPEG, Making.png(60_000, 60_000, depth: 8, colourType: 2, rows: [[1, 2, 3]]),
      Array("P5 60000 60000 255\n".utf8), Array("P2 60000 60000 255\n1 2 3".utf8),
    ]
    for file in files {
      let error = try #require(refusal { _ = try Picture(decoding: file) })
      #expect(error.reason.contains("60000×60000 pixels are more than the limit"), "\(error)")
    }
  }

  @Test("limits are what the caller says")
  func limits() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Making.jpeg(.grey), "face.jpg")
    #expect(throws: Never.self) { try Picture(contentsOf: file, limits: PictureLimits(maximumPixels: 24 * 16)) }
    let pixels = refusal { _ = try Picture(contentsOf: file, limits: PictureLimits(maximumPixels: 24 * 16 - 1)) }
    #expect(pixels?.reason.contains("24×16") == true)
    let bytes = refusal { _ = try Picture(contentsOf: file, limits: PictureLimits(maximumFileBytes: 100)) }
    #expect(bytes?.reason.contains("bytes are more than the limit of 100") == true)
    let inMemory = PictureLimits(maximumFileBytes: 100)
    #expect(refusal { _ = try Picture(decoding: Making.jpeg(.grey), limits: inMemory) } != nil)
  }

  @Test("sizes that overflow are refused, whatever the limit")
  func overflow() throws {
    for text in [
      "P5 9999999999 9999999999 255\n", "P6 4294967295 4294967295 65535\n", "P5 0 5 255\n", "P5 99999999999 1 255\n",
    ] {
      #expect(
        refusal { _ = try Picture(decoding: Array(text.utf8), limits: PictureLimits(maximumPixels: .max)) } != nil)
    }
    #expect(refusal { _ = try Making.noise(2, 2, 1, seed: 1).resized(width: .max, height: .max) } != nil)
    #expect(refusal { _ = try Making.noise(2, 2, 1, seed: 1).resized(width: 0, height: 4) } != nil)
    #expect(refusal { _ = try Picture(width: .max, height: .max, channels: 3, pixels: []) } != nil)
    #expect(refusal { _ = try Making.noise(4, 4, 1, seed: 1).cropped(x: 1, y: 1, width: .max, height: 1) } != nil)
  }

  @Test(
    "a map whose samples are no numbers or too large is damaged",
    arguments: [
      "P2 2 1 255 7 x", "P2 2 1 255 7 256", "P2 2 1 0 0 0", "P2 2 1 65536 0 0", "P2 -2 1 255 0 0", "P5 2",
      "P5 2 1 255x12",
      "P2 2 1 255 123456789012 3",
    ])
  func damagedMaps(text: String) {
    #expect(refusal { _ = try Picture(decoding: Array(text.utf8)) } != nil)
  }

  @Test("garbage between the segments of a JPEG is harmless, garbage before a missing end is not")
  func extraneousBytes() throws {
    let jpeg = Making.jpeg(.grey)
    let padded = Array(jpeg.dropLast(2)) + [0x12, 0x34, 0x56] + [0xFF, 0xD9]
    #expect(try Picture(decoding: padded) == Picture(decoding: jpeg))
    // The JFIF segment is the first one and 18 bytes long.
    let between = jpeg.prefix(20) + [0, 0, 0] + jpeg.dropFirst(20)
    #expect(try Picture(decoding: Array(between)) == Picture(decoding: jpeg))
    #expect(refusal { _ = try Picture(decoding: Array(between.dropLast(40))) } != nil)
    #expect(refusal { _ = try Picture(decoding: Array(between.dropLast(2))) } != nil)
  }

  @Test("a JPEG with a piece of its scan missing is damaged, though it has its end")
  func missingScan() throws {
    let jpeg = Making.jpeg(Making.noise(64, 64, 1, seed: 3))
    let cut = Array(jpeg.prefix(jpeg.count / 2)) + [0xFF, 0xD9]
    let error = try #require(refusal { _ = try Picture(decoding: cut) })
    #expect(error.reason.contains("damaged or truncated"))
  }

  @Test("a JPEG of tables alone has no picture")
  func tablesOnly() {
    let tables: [UInt8] = [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64) + [0xFF, 0xD9]
    #expect(refusal { _ = try Picture(decoding: tables) } != nil)
  }
}
