import Images
import Seeded
import Testing

@Suite("Resampling")
struct ResamplingTests {
  /// One axis of the definition in double precision: the weight of input `pixel` in output `position`.
  private func weight(_ pixel: Int, _ position: Int, _ input: Int, _ output: Int) -> Double {
    if output < input {
      let scale = Double(input) / Double(output)
      let (low, high) = (Double(position) * scale, Double(position + 1) * scale)
      return max(0, min(Double(pixel + 1), high) - max(Double(pixel), low)) / scale
    }
    let centre = (Double(position) + 0.5) * Double(input) / Double(output) - 0.5
    return max(0, 1 - abs(min(max(centre, 0), Double(input - 1)) - Double(pixel)))
  }

  private func reference(_ picture: Picture, _ width: Int, _ height: Int) -> [Double] {
    var out: [Double] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<picture.channels {
          var sum = 0.0
          for row in 0..<picture.height {
            for column in 0..<picture.width {
              sum +=
                weight(row, y, picture.height, height) * weight(column, x, picture.width, width)
                * Double(picture.pixels[(row * picture.width + column) * picture.channels + channel])
            }
          }
          out.append(sum)
        }
      }
    }
    return out
  }

  @Test("every size agrees with a plain double loop")
  func agrees() throws {
    var random = Seeded(5)
    for trial in 0..<60 {
      let channels = trial % 2 == 0 ? 1 : 3
      let picture = Making.noise(
        Int.random(in: 1...20, using: &random), Int.random(in: 1...20, using: &random), channels, seed: UInt64(trial))
      let (width, height) = (Int.random(in: 1...24, using: &random), Int.random(in: 1...24, using: &random))
      let resized = try picture.resized(width: width, height: height)
      #expect(resized.width == width && resized.height == height)
      for (value, expected) in zip(resized.pixels, reference(picture, width, height)) {
        #expect(abs(Double(value) - expected) <= 0.5001)
      }
      let input = try Preprocessing(colour: channels == 1 ? .grey : .rgb, width: width, height: height)
      let planes = input.prepare(picture)
      let expected = reference(picture, width, height)
      for index in planes.indices {
        let (plane, position) = (index / (width * height), index % (width * height))
        #expect(abs(Double(planes[index]) - expected[position * channels + plane] / 255) < 1e-5)
      }
    }
  }

  @Test("halving is the mean of four")
  func halves() throws {
    let picture = try Picture(width: 4, height: 2, channels: 1, pixels: [0, 10, 100, 100, 20, 30, 100, 104])
    #expect(try picture.resized(width: 2, height: 1).pixels == [15, 101])
  }

  @Test("a blank picture stays blank at every size")
  func blank() throws {
    let picture = try Picture(width: 37, height: 23, channels: 1, pixels: [UInt8](repeating: 201, count: 37 * 23))
    for (width, height) in [(1, 1), (5, 7), (36, 22), (38, 24), (80, 3)] {
      #expect(try picture.resized(width: width, height: height).pixels.allSatisfy { $0 == 201 })
    }
  }

  @Test("the same size is the same picture")
  func identity() throws {
    let picture = Making.noise(9, 6, 3, seed: 8)
    #expect(try picture.resized(width: 9, height: 6) == picture)
  }

  @Test("a crop is its rectangle, a mirror image twice is the picture, grey weighs the colours")
  func shapes() throws {
    let picture = try Picture(width: 3, height: 2, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
    #expect(try picture.cropped(x: 1, y: 0, width: 2, height: 2).pixels == [2, 3, 5, 6])
    #expect(picture.mirrored().pixels == [3, 2, 1, 6, 5, 4])
    let noise = Making.noise(6, 4, 3, seed: 2)
    #expect(noise.mirrored().mirrored() == noise && noise.mirrored() != noise)
    let colours = try Picture(
      width: 4, height: 1, channels: 3, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    #expect(colours.grey().pixels == [76, 150, 29, 255])
    #expect(picture.rgb().grey() == picture)
  }
}
