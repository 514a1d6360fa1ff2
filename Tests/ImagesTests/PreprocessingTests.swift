import Foundation
import Images
import Testing

@Suite("Preprocessing")
struct PreprocessingTests {
  @Test("the shape is channels, height, width, and planes lie one after the other")
  func planes() throws {
    let input = try Preprocessing(colour: .rgb, width: 2, height: 1)
    let picture = try Picture(width: 2, height: 1, channels: 3, pixels: [255, 0, 51, 0, 102, 51])
    #expect(input.shape == [3, 1, 2] && input.count == 6)
    let expected: [Float] = [1, 0, 0, 0.4, 0.2, 0.2]
    for (value, wanted) in zip(input.prepare(picture), expected) { #expect(abs(value - wanted) < 1e-6) }
  }

  @Test("grey and colour pictures prepare to whatever the network wants")
  func colours() throws {
    let grey = Making.noise(4, 4, 1, seed: 3)
    let toGrey = try Preprocessing(colour: .grey, width: 4, height: 4)
    let toRGB = try Preprocessing(colour: .rgb, width: 4, height: 4)
    #expect(toRGB.prepare(grey) == toGrey.prepare(grey) + toGrey.prepare(grey) + toGrey.prepare(grey))
    let colour = Making.noise(4, 4, 3, seed: 4)
    for (value, pixel) in zip(toGrey.prepare(colour), colour.grey().pixels) {
      #expect(abs(value - Float(pixel) / 255) < 0.51 / 255)
    }
  }

  @Test("the central fraction is of both sides, around the centre")
  func centre() throws {
    let picture = Making.noise(150, 100, 1, seed: 5)
    let central = try Preprocessing(colour: .grey, width: 12, height: 8, centralFraction: 0.8)
    let cropped = try picture.cropped(x: 15, y: 10, width: 120, height: 80)
    let whole = try Preprocessing(colour: .grey, width: 12, height: 8)
    #expect(central.prepare(picture) == whole.prepare(cropped))
    let tiny = try Preprocessing(colour: .grey, width: 3, height: 3, centralFraction: 0.0001)
    #expect(tiny.prepare(picture).allSatisfy { $0.isFinite })
  }

  @Test("filling keeps the aspect ratio by leaving the longer side's ends out")
  func fill() throws {
    let picture = Making.noise(30, 10, 1, seed: 6)
    let filled = try Preprocessing(colour: .grey, width: 5, height: 5, framing: .fill)
    let whole = try Preprocessing(colour: .grey, width: 5, height: 5)
    #expect(filled.prepare(picture) == whole.prepare(try picture.cropped(x: 10, y: 0, width: 10, height: 10)))
    #expect(filled.prepare(picture) != whole.prepare(picture))
  }

  @Test("a standardized picture has mean 0 and deviation 1; a blank one is 0 everywhere")
  func standardize() throws {
    let input = try Preprocessing(colour: .rgb, width: 8, height: 8, normalization: .standardize)
    let values = input.prepare(Making.noise(20, 20, 3, seed: 7)).map { Double($0) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-4)
    let blank = try Picture(width: 2, height: 2, channels: 1, pixels: [77, 77, 77, 77])
    #expect(input.prepare(blank).allSatisfy { abs($0) < 1e-4 })
  }

  @Test("a given mean and deviation shift and scale; normalizing later gives the same")
  func meanDeviation() throws {
    let input = try Preprocessing(
      colour: .grey, width: 3, height: 3, normalization: .meanDeviation(mean: 0.5, deviation: 0.25))
    let picture = Making.noise(3, 3, 1, seed: 8)
    for (value, pixel) in zip(input.prepare(picture), picture.pixels) {
      #expect(abs(value - (Float(pixel) / 255 - 0.5) / 0.25) < 1e-5)
    }
    var later = input.unnormalized.prepare(picture)
    later.withUnsafeMutableBufferPointer { input.normalize(UnsafeBufferPointer($0), into: $0) }
    #expect(later == input.prepare(picture))
  }

  @Test("what a model file stores is read back; what makes no sense is refused")
  func json() throws {
    let all: [Preprocessing.Normalization] = [
      .none, .standardize, .meanDeviation(mean: 0.4, deviation: 0.2), .standardizeWithLocalContrast,
      .halfStandardizeWithRootContrast,
    ]
    for normalization in all {
      let input = try Preprocessing(
        colour: .grey, width: 46, height: 56, centralFraction: 0.8, framing: .fill, normalization: normalization)
      #expect(try JSONDecoder().decode(Preprocessing.self, from: JSONEncoder().encode(input)) == input)
    }
    let good = #"{"colour":"grey","width":8,"height":8,"centralFraction":1,"normalization":{"none":{}}}"#
    #expect(try JSONDecoder().decode(Preprocessing.self, from: Data(good.utf8)).framing == .stretch)
    for (from, to) in [
      ("\"width\":8", "\"width\":0"), ("\"width\":8", "\"width\":9999999"), ("Fraction\":1", "Fraction\":0"),
      ("Fraction\":1", "Fraction\":1.5"), ("\"none\":{}", "\"meanDeviation\":{\"mean\":0,\"deviation\":0}"),
      ("grey", "cmyk"),
    ] {
      let bad = good.replacingOccurrences(of: from, with: to)
      #expect(throws: (any Error).self) { try JSONDecoder().decode(Preprocessing.self, from: Data(bad.utf8)) }
    }
  }

  @Test("preparing a file is preparing its picture")
  func file() throws {
    let folder = try TemporaryFolder()
    let picture = Making.noise(10, 10, 1, seed: 9)
    let file = try folder.write(Making.rawMap(picture), "a.pgm")
    let input = try Preprocessing(colour: .grey, width: 4, height: 4, normalization: .standardize)
    #expect(try input.prepare(contentsOf: file) == input.prepare(picture))
    #expect(refusal { _ = try input.prepare(contentsOf: folder.path) }?.path == folder.path)
  }
}

@Suite("Local contrast")
struct LocalContrastTests {
  private func picture(_ value: (Int, Int) -> Double) throws -> Picture {
    try Picture(
      width: 40, height: 48, channels: 1,
      pixels: (0..<48).flatMap { y in (0..<40).map { x in UInt8(max(0, min(255, value(x, y)))) } })
  }

  private func prepared(_ picture: Picture) throws -> (standardized: [Float], contrast: [Float]) {
    let preprocessing = try Preprocessing(
      colour: .grey, width: 40, height: 48, normalization: .standardizeWithLocalContrast)
    #expect(preprocessing.shape == [2, 48, 40] && preprocessing.unnormalized.shape == [1, 48, 40])
    let planes = preprocessing.prepare(picture)
    return (Array(planes.prefix(48 * 40)), Array(planes.suffix(48 * 40)))
  }

  @Test("the first plane is the standardized picture")
  func first() throws {
    let checks = try picture { x, y in (x / 5 + y / 5) % 2 == 0 ? 40 : 200 }
    let plain = try Preprocessing(colour: .grey, width: 40, height: 48, normalization: .standardize)
    #expect(try prepared(checks).standardized == plain.prepare(checks))
  }

  @Test("a blank picture has none; one half as bright and lit from the side has nearly the same")
  func light() throws {
    #expect(try prepared(picture { _, _ in 90 }).contrast.allSatisfy { abs($0) < 1e-3 })
    func checks(_ x: Int, _ y: Int) -> Double { (x / 5 + y / 5) % 2 == 0 ? 60 : 220 }
    let even = try prepared(picture(checks)).contrast
    let lit = try prepared(picture { x, y in checks(x, y) * (0.4 + 0.6 * Double(x) / 40) }).contrast
    let mean = zip(even, lit).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(even.count)
    let spread = even.reduce(0) { $0 + abs($1) } / Float(even.count)
    #expect(spread > 0.5 && mean < spread / 4)
    #expect(even.allSatisfy { abs($0) <= 3 })
  }

  @Test("with the root's contrast the first plane is halved, and the second is the contrast of the roots")
  func root() throws {
    func planes(_ normalization: Preprocessing.Normalization, _ values: [Float]) throws -> [Float] {
      let input = try Preprocessing(colour: .grey, width: 40, height: 48, normalization: normalization)
      var planes = [Float](repeating: 0, count: input.count)
      values.withUnsafeBufferPointer { from in planes.withUnsafeMutableBufferPointer { input.normalize(from, into: $0) }
      }
      return planes
    }
    // Values below 0, as augmentation may leave them, have the root 0.
    let values = (0..<48 * 40).map { (place: Int) -> Float in
      let chance: Int = place &* 40_503 % 1_000
      return Float(chance) / 1_000 - 0.01
    }
    let ours = try planes(.halfStandardizeWithRootContrast, values)
    let plain = try planes(.standardizeWithLocalContrast, values)
    let roots = try planes(
      .standardizeWithLocalContrast, values.map { (value: Float) -> Float in max(value, 0).squareRoot() })
    for (half, whole) in zip(ours.prefix(1_920), plain) { #expect(abs(half - whole / 2) < 1e-6) }
    #expect(Array(ours.suffix(1_920)) == Array(roots.suffix(1_920)))
  }

  @Test("in a shadow more of the root's contrast stays")
  func shadow() throws {
    func contrast(_ normalization: Preprocessing.Normalization, light: Double) throws -> Float {
      let input = try Preprocessing(colour: .grey, width: 40, height: 48, normalization: normalization)
      let checks = try picture { x, y -> Double in
        let value: Double = (x / 3 + y / 3) % 2 == 0 ? 60 : 180
        return value * light
      }
      return input.prepare(checks).suffix(48 * 40).reduce(Float(0)) { $0 + abs($1) }
    }
    for normalization in [Preprocessing.Normalization.standardizeWithLocalContrast, .halfStandardizeWithRootContrast] {
      #expect(try contrast(normalization, light: 0.1) < contrast(normalization, light: 1))
    }
    let plain =
      try contrast(.standardizeWithLocalContrast, light: 0.1) / contrast(.standardizeWithLocalContrast, light: 1)
    let root =
      try contrast(.halfStandardizeWithRootContrast, light: 0.1) / contrast(.halfStandardizeWithRootContrast, light: 1)
    #expect(root > plain + 0.1)
  }

  @Test("it agrees with the definition, summed plainly")
  func definition() throws {
    // The same noise in every run.
    let noise = (0..<48 * 40).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    let picture = try Picture(width: 40, height: 48, channels: 1, pixels: noise)
    let contrast = try prepared(picture).contrast
    let radius = 3
    func box(_ plane: [Double]) -> [Double] {
      (0..<48 * 40).map { i in
        var sum = 0.0
        for dy in -radius...radius {
          for dx in -radius...radius {
            sum += plane[min(max(i / 40 + dy, 0), 47) * 40 + min(max(i % 40 + dx, 0), 39)]
          }
        }
        return sum / Double((2 * radius + 1) * (2 * radius + 1))
      }
    }
    let x = noise.map { Double($0) / 255 }
    let d = zip(x, box(box(x))).map { $0 - $1 }
    let s = box(box(d.map { $0 * $0 })).map { $0.squareRoot() }
    for i in x.indices {
      #expect(abs(Double(contrast[i]) - min(max(d[i] / (s[i] + 0.04), -3), 3)) < 1e-3)
    }
  }
}
