import Images
import Seeded
import Testing

@Suite("Orientation")
struct OrientationTests {
  /// Where a displayed pixel is stored, from the words of the EXIF standard: what the first row and column are.
  private static let stored: [Int: @Sendable (_ x: Int, _ y: Int, _ w: Int, _ h: Int) -> (x: Int, y: Int)] = [
    1: { x, y, _, _ in (x, y) },  // row 0 top, column 0 left
    2: { x, y, w, _ in (w - 1 - x, y) },  // top, right
    3: { x, y, w, h in (w - 1 - x, h - 1 - y) },  // bottom, right
    4: { x, y, _, h in (x, h - 1 - y) },  // bottom, left
    5: { x, y, _, _ in (y, x) },  // row 0 left, column 0 top
    6: { x, y, _, h in (y, h - 1 - x) },  // row 0 right, column 0 top
    7: { x, y, w, h in (w - 1 - y, h - 1 - x) },  // right, bottom
    8: { x, y, w, _ in (w - 1 - y, x) },  // left, bottom
  ]

  @Test("every orientation puts every pixel where the standard says", arguments: 1...8)
  func pixels(orientation: Int) throws {
    let picture = Making.noise(5, 3, 3, seed: 4)
    let upright = picture.oriented(orientation)
    let turned = orientation >= 5
    #expect(upright.width == (turned ? 3 : 5) && upright.height == (turned ? 5 : 3))
    let stored = try #require(Self.stored[orientation])
    for y in 0..<upright.height {
      for x in 0..<upright.width {
        let from = stored(x, y, 5, 3)
        for channel in 0..<3 {
          #expect(
            upright.pixels[(y * upright.width + x) * 3 + channel] == picture.pixels[(from.y * 5 + from.x) * 3 + channel]
          )
        }
      }
    }
  }

  @Test("a JPEG is turned upright by its EXIF field, in both byte orders", arguments: 1...8, [true, false])
  func jpeg(orientation: Int, littleEndian: Bool) throws {
    let plain = Making.jpeg(.colour)
    let file = Making.jpeg(plain, orientation: orientation, littleEndian: littleEndian)
    #expect(try Picture(decoding: file) == Picture(decoding: plain).oriented(orientation))
  }

  @Test("a PNG is turned upright by its eXIf chunk")
  func png() throws {
    let exif = Making.tiff(orientation: 6, littleEndian: false)
    let rows: [[UInt8]] = [[1, 2, 3], [4, 5, 6]]
    let file = Making.png(3, 2, depth: 8, colourType: 0, rows: rows, before: [("eXIf", exif)])
    #expect(try Picture(decoding: file).pixels == [4, 1, 5, 2, 6, 3])
  }

  @Test("an orientation that does not exist leaves the picture as it is", arguments: [0, 9, 65_535])
  func unknown(orientation: Int) throws {
    let plain = Making.jpeg(.grey)
    #expect(try Picture(decoding: Making.jpeg(plain, orientation: orientation)) == Picture(decoding: plain))
  }

  @Test("an EXIF block cut short or scrambled never matters to the pixels")
  func hostileEXIF() throws {
    let plain = Making.jpeg(.grey)
    let picture = try Picture(decoding: plain)
    let block = Array("Exif\0\0".utf8) + Making.tiff(orientation: 1, littleEndian: true)
    for length in 0..<block.count {
      #expect(try Picture(decoding: Making.inserting(marker: 0xE1, Array(block[..<length]), into: plain)) == picture)
    }
    var random = Seeded(11)
    for _ in 0..<2_000 {
      var scrambled = block
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        scrambled[Int.random(in: 6..<block.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let decoded = try Picture(decoding: Making.inserting(marker: 0xE1, scrambled, into: plain))
      #expect((1...8).contains { picture.oriented($0) == decoded })
    }
  }
}
