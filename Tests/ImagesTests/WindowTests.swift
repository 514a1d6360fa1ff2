import Images
import Seeded
import Testing

@Suite("Windows: another part of a picture")
struct WindowTests {
  /// One axis of the definition in double precision: of a part `length` long from `start` on, the weight of input `pixel` in
  /// output `position`, the outer pixels repeated.
  private func weight(
    _ pixel: Int, _ position: Int, _ input: Int, start: Double, length: Double, to output: Int
  ) -> Double {
    let step = length / Double(output)
    if step > 1 {
      let low = start + Double(position) * step
      let begin = pixel == 0 ? -Double.infinity : Double(pixel)
      let end = pixel == input - 1 ? Double.infinity : Double(pixel + 1)
      return max(0, min(end, low + step) - max(begin, low)) / step
    }
    let centre = start + (Double(position) + 0.5) * step - 0.5
    return max(0, 1 - abs(min(max(centre, 0), Double(input - 1)) - Double(pixel)))
  }

  @Test("every window agrees with a plain double loop, within the picture and beyond")
  func agrees() throws {
    var random = Seeded(8)
    for trial in 0..<60 {
      let (w, h) = (Int.random(in: 1...20, using: &random), Int.random(in: 1...20, using: &random))
      let picture = Making.noise(w, h, 1, seed: UInt64(trial))
      let (width, height) = (Int.random(in: 1...12, using: &random), Int.random(in: 1...12, using: &random))
      let window = Preprocessing.Window(
        size: Double.random(in: 0.2...3, using: &random), x: Double.random(in: -1...1, using: &random),
        y: Double.random(in: -1...1, using: &random))
      let planes = try Preprocessing(colour: .grey, width: width, height: height).prepare(picture, through: window)
      let (left, top) = (
        Double(w) * (0.5 + window.x - window.size / 2), Double(h) * (0.5 + window.y - window.size / 2)
      )
      for y in 0..<height {
        for x in 0..<width {
          var sum = 0.0
          for row in 0..<h {
            for column in 0..<w {
              sum +=
                weight(row, y, h, start: top, length: Double(h) * window.size, to: height)
                * weight(column, x, w, start: left, length: Double(w) * window.size, to: width)
                * Double(picture.pixels[row * w + column])
            }
          }
          #expect(abs(Double(planes[y * width + x]) - sum / 255) < 1e-5)
        }
      }
    }
  }

  @Test(
    "through the usual window a picture is what it is without one, to the bit, and hardly another through one beside it"
  )
  func usual() throws {
    let picture = Making.noise(31, 40, 3, seed: 2)
    for framing in Preprocessing.Framing.allCases {
      let preprocessing = try Preprocessing(
        colour: .grey, width: 11, height: 13, centralFraction: 0.8, framing: framing,
        normalization: .halfStandardizeWithRootContrast)
      let plain = preprocessing.prepare(picture)
      #expect(preprocessing.prepare(picture, through: .usual) == plain)
      let beside = preprocessing.prepare(picture, through: .init(size: 1 + 1e-9))
      #expect(zip(plain, beside).allSatisfy { abs($0 - $1) < 1e-3 })
    }
  }
}
