import Foundation
import Images
import Testing

@Suite("Decoding")
struct DecodingTests {
  private func difference(_ a: Picture, _ b: Picture) -> Int {
    zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
  }

  @Test("a JPEG gives back the picture it was made of", arguments: Making.JPEGKind.allCases)
  func jpeg(kind: Making.JPEGKind) throws {
    let picture = try Picture(decoding: Making.jpeg(kind))
    let original = Making.gradient(24, 16, kind == .grey ? 1 : 3)
    #expect(picture.width == 24 && picture.height == 16 && picture.channels == original.channels)
    #expect(difference(picture, original) <= 4)
  }

  @Test("grey straight from a colour JPEG is the grey of its colours")
  func greyJPEG() throws {
    let bytes = Making.jpeg(.colour)
    let grey = try Picture(decoding: bytes, as: .grey)
    #expect(grey.channels == 1)
    #expect(difference(grey, try Picture(decoding: bytes).grey()) <= 2)
  }

  @Test("a CMYK JPEG becomes RGB: stored inks are inverted, black darkens all three")
  func cmyk() throws {
    let inks = [UInt8]((0..<64).flatMap { _ in [255, 128, 64, 200] as [UInt8] })
    let picture = try Picture(decoding: Making.cmykJPEG(inks: inks, 8, 8))
    #expect(picture.channels == 3)
    for (channel, stored) in [255, 128, 64].enumerated() {
      #expect(abs(Int(picture.pixels[channel]) - stored * 200 / 255) <= 4)
    }
  }

  @Test("a PNG that was written is read back exactly", arguments: [1, 3])
  func pngRoundTrip(channels: Int) throws {
    for (width, height) in [(1, 1), (1, 500), (500, 1), (17, 31), (300, 257)] {
      let picture = Making.noise(width, height, channels, seed: UInt64(width))
      #expect(try Picture(decoding: picture.pngData()) == picture)
    }
  }

  @Test("16-bit PNG values are scaled to 8 bits")
  func png16() throws {
    let samples: [UInt16] = [0, 257, 32_768, 65_535]
    let row = samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    let picture = try Picture(decoding: Making.png(4, 1, depth: 16, colourType: 0, rows: [row]))
    #expect(picture.channels == 1 && picture.pixels == [0, 1, 128, 255])
  }

  @Test("1-bit grey and palette PNGs decode")
  func pngPacked() throws {
    let bits = try Picture(decoding: Making.png(4, 1, depth: 1, colourType: 0, rows: [[0b1010_0000]]))
    #expect(bits.pixels == [255, 0, 255, 0])
    let palette: [UInt8] = [10, 20, 30, 200, 100, 50]
    let coloured = try Picture(
      decoding: Making.png(3, 1, depth: 8, colourType: 3, rows: [[1, 0, 1]], before: [("PLTE", palette)]))
    #expect(coloured.channels == 3 && coloured.pixels == [200, 100, 50, 10, 20, 30, 200, 100, 50])
  }

  @Test("transparent pixels are laid on white")
  func pngAlpha() throws {
    let row: [UInt8] = [9, 8, 7, 0, 9, 8, 7, 255]
    let picture = try Picture(decoding: Making.png(2, 1, depth: 8, colourType: 6, rows: [row]))
    #expect(picture.pixels == [255, 255, 255, 9, 8, 7])
    let half = try Picture(decoding: Making.png(1, 1, depth: 8, colourType: 4, rows: [[0, 128]]))
    #expect(half.channels == 1 && half.pixels[0] > 100 && half.pixels[0] < 255)
  }

  @Test(
    "PGM and PPM decode in every dress",
    arguments: [
      ("P2 2 1 255 7 9", [7, 9]), ("P2\n#c\n2 #c 3\n1\n255\n#c\n7\n9", [7, 9]), ("P2 2 1 15 0 15", [0, 255]),
      ("P2 2 1 65535 65535 32768", [255, 128]), ("P3 1 1 100 0 50 100", [0, 128, 255]),
      ("P2\r\n2\t1\r\n255\r\n7 9", [7, 9]),
    ] as [(String, [UInt8])])
  func plainMaps(text: String, pixels: [UInt8]) throws {
    #expect(try Picture(decoding: Array(text.utf8)).pixels == pixels)
  }

  @Test("raw maps hold one or two big-endian bytes a sample")
  func rawMaps() throws {
    #expect(try Picture(decoding: Array("P5 2 1 255\n".utf8) + [7, 9]).pixels == [7, 9])
    #expect(try Picture(decoding: Array("P5 2 1 1\n".utf8) + [0, 1]).pixels == [0, 255])
    #expect(try Picture(decoding: Array("P5 2 1 65535\n".utf8) + [0x80, 0, 0xFF, 0xFF]).pixels == [128, 255])
    #expect(try Picture(decoding: Array("P6 1 1 1000 ".utf8) + [0, 0, 1, 0xF4, 3, 0xE8]).pixels == [0, 128, 255])
    #expect(try Picture(decoding: Array("P5 1 1 255\n#".utf8)).pixels == [UInt8(ascii: "#")])
  }

  @Test("bytes behind a complete raster are accepted")
  func trailing() throws {
    let picture = Making.noise(5, 4, 1, seed: 1)
    #expect(try Picture(decoding: Making.rawMap(picture) + [0x0D, 0x0A, 1, 2, 3]) == picture)
    #expect(try Picture(decoding: [UInt8](picture.pngData()) + [1, 2, 3]) == picture)
    let jpeg = Making.jpeg(.grey)
    #expect(try Picture(decoding: jpeg + [1, 2, 3]) == Picture(decoding: jpeg))
  }

  @Test("the content decides, not the name")
  func byContent() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Making.jpeg(.grey), "face.png")
    #expect(try Picture(contentsOf: file).width == 24)
    #expect(try Picture(decoding: Data(Making.jpeg(.grey))) == Picture(contentsOf: file))
  }

  @Test("the colour asked for is the colour returned")
  func colours() throws {
    let files = [
      Making.jpeg(.grey), Making.jpeg(.colour), [UInt8](try Making.noise(3, 3, 1, seed: 1).pngData()),
      [UInt8](try Making.noise(3, 3, 3, seed: 2).pngData()), Making.rawMap(Making.noise(3, 3, 1, seed: 3)),
      Making.rawMap(Making.noise(3, 3, 3, seed: 4)),
    ]
    for file in files {
      #expect(try Picture(decoding: file, as: .grey).channels == 1)
      #expect(try Picture(decoding: file, as: .rgb).channels == 3)
    }
  }
}
