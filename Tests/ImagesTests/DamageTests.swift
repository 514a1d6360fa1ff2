import Images
import Seeded
import Testing

@Suite("Damage")
struct DamageTests {
  private static func files() throws -> [(name: String, bytes: [UInt8])] {
    [
      ("grey JPEG", Making.jpeg(.grey)), ("colour JPEG", Making.jpeg(.colour)),
      ("progressive JPEG", Making.jpeg(.progressive)),
      ("JPEG with EXIF", Making.jpeg(Making.jpeg(.grey), orientation: 6)),
      ("grey PNG", [UInt8](try Making.noise(7, 5, 1, seed: 1).pngData())),
      ("colour PNG", [UInt8](try Making.noise(7, 5, 3, seed: 2).pngData())),
      (
        "palette PNG",
        Making.png(3, 1, depth: 8, colourType: 3, rows: [[1, 0, 1]], before: [("PLTE", [1, 2, 3, 4, 5, 6])])
      ),
      ("PGM", Making.rawMap(Making.noise(7, 5, 1, seed: 3))), ("PPM", Making.rawMap(Making.noise(7, 5, 3, seed: 4))),
      ("plain PGM", Making.plainMap(Making.noise(7, 5, 1, seed: 5))),
    ]
  }

  @Test("a file cut off at any byte is an error, never a part of the picture")
  func truncation() throws {
    for (name, bytes) in try Self.files() {
      let whole = try Picture(decoding: bytes)
      // A decimal number without its last digits is still a number: the last sample of a plain map is let off.
      let end = name == "plain PGM" ? bytes.count - 4 : bytes.count
      for length in 0..<end {
        #expect(refusal { _ = try Picture(decoding: Array(bytes[..<length])) } != nil, "\(name) of \(length) bytes")
      }
      #expect(whole.pixels.count == whole.width * whole.height * whole.channels)
    }
  }

  @Test("random damage ends in a picture or an error")
  func mutation() throws {
    var random = Seeded(2_026)
    let limits = PictureLimits(maximumPixels: 100_000)
    for (name, bytes) in try Self.files() {
      var (decoded, refused) = (0, 0)
      for _ in 0..<2_000 {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...6, using: &random) where !damaged.isEmpty {
          let at = Int.random(in: 0..<damaged.count, using: &random)
          switch Int.random(in: 0..<4, using: &random) {
          case 0: damaged[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
          case 1: damaged[at] = UInt8.random(in: 0...255, using: &random)
          case 2: damaged.remove(at: at)
          default: damaged.insert([0, 0xFF, 0x30, 0x0A].randomElement(using: &random)!, at: at)
          }
        }
        do {
          let picture = try Picture(decoding: damaged, limits: limits)
          #expect(picture.pixels.count == picture.width * picture.height * picture.channels)
          #expect(picture.width * picture.height <= limits.maximumPixels)
          decoded += 1
        } catch {
          #expect(error is PictureError)
          refused += 1
        }
      }
      #expect(decoded > 0 && refused > 0, "\(name): \(decoded) decoded, \(refused) refused")
    }
  }
}
