import Foundation
import LikenessTraining
import Seeded
import Testing

@Suite("Augmentation")
struct AugmentationTests {
  private let shape = [2, 24, 20]

  private func noise(seed: UInt64) -> [Float] {
    var random = Seeded(seed)
    return (0..<(2 * 24 * 20)).map { _ in Float.random(in: 0...1, using: &random) }
  }

  private func augmentation(_ change: (inout Augmentation) -> Void) -> Augmentation {
    var augmentation = Augmentation()
    change(&augmentation)
    return augmentation
  }

  @Test("without a range nothing changes")
  func none() {
    var random = Seeded(1)
    #expect(Augmentation.none.apply(to: noise(seed: 1), shape: shape, random: &random) == noise(seed: 1))
  }

  @Test("a flip exchanges left and right of every row and channel")
  func flip() {
    var random = Seeded(2)
    let flipped = augmentation { $0.flipProbability = 1 }.apply(to: noise(seed: 2), shape: shape, random: &random)
    let rows = noise(seed: 2)
    for row in 0..<48 {
      #expect(Array(flipped[(row * 20)..<(row * 20 + 20)]) == rows[(row * 20)..<(row * 20 + 20)].reversed())
    }
  }

  @Test("the same generator gives the same picture, the next draw another")
  func seeded() {
    var (a, b) = (Seeded(3), Seeded(3))
    let first = Augmentation.faces.apply(to: noise(seed: 3), shape: shape, random: &a)
    #expect(first == Augmentation.faces.apply(to: noise(seed: 3), shape: shape, random: &b))
    #expect(first != Augmentation.faces.apply(to: noise(seed: 3), shape: shape, random: &a))
  }

  @Test("a warp of a slope is a slope, turned and stretched within the ranges")
  func warp() {
    var random = Seeded(4)
    let (width, height) = (41, 41)
    let slope = (0..<(width * height)).map { Float($0 % width) }
    let warp = augmentation { ($0.rotation, $0.scale, $0.shift) = (15, 0.2, 0.1) }
    var (angles, magnifications, shifts): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<200 {
      let out = warp.apply(to: slope, shape: [1, height, width], random: &random)
      func at(_ x: Int, _ y: Int) -> Double { Double(out[y * width + x]) }
      // Around the centre no edge is in reach.
      let (right, down) = (at(21, 20) - at(20, 20), at(20, 21) - at(20, 20))
      #expect(abs(at(23, 24) - at(20, 20) - 3 * right - 4 * down) < 1e-3)
      angles.append(atan2(down, right) * 180 / .pi)
      magnifications.append(1 / hypot(right, down))
      shifts.append((20 - at(20, 20)) / hypot(right, down))
    }
    #expect(angles.allSatisfy { abs($0) < 15.01 } && angles.contains { $0 > 10 } && angles.contains { $0 < -10 })
    #expect(magnifications.allSatisfy { $0 > 1 / 1.201 && $0 < 1.201 })
    #expect(magnifications.contains { $0 > 1.15 } && magnifications.contains { $0 < 1 / 1.15 })
    #expect(shifts.allSatisfy { abs($0) < 0.1 * 41 * 1.5 } && shifts.contains { $0 > 2 } && shifts.contains { $0 < -2 })
  }

  @Test("turning, shearing and mirroring together keep every area")
  func areas() {
    var random = Seeded(12)
    let side = 31
    let warp = augmentation { ($0.rotation, $0.shear, $0.flipProbability) = (20, 20, 0.5) }
    var signs: Set<Double> = []
    for _ in 0..<100 {
      var same = random
      let x = warp.apply(to: (0..<(side * side)).map { Float($0 % side) }, shape: [1, side, side], random: &random)
      let y = warp.apply(to: (0..<(side * side)).map { Float($0 / side) }, shape: [1, side, side], random: &same)
      func slopes(_ values: [Float]) -> (right: Double, down: Double) {
        let centre = 15 * side + 15
        return (Double(values[centre + 1] - values[centre]), Double(values[centre + side] - values[centre]))
      }
      let (a, b) = (slopes(x), slopes(y))
      let area = a.right * b.down - a.down * b.right
      #expect(abs(abs(area) - 1) < 1e-3)
      signs.insert(area.rounded())
    }
    #expect(signs == [1, -1])
  }

  @Test("nearness looks from as near as asked for and from no farther than the scale")
  func nearness() {
    var random = Seeded(13)
    let slope = (0..<(41 * 41)).map { Float($0 % 41) }
    let near = augmentation { ($0.scale, $0.nearness) = (0.05, 0.5) }
    let magnifications = (0..<200).map { _ in
      let out = near.apply(to: slope, shape: [1, 41, 41], random: &random)
      return 1 / (out[20 * 41 + 21] - out[20 * 41 + 20])
    }
    #expect(magnifications.allSatisfy { $0 > 1 / 1.051 && $0 < 1.05 * 1.501 })
    #expect(magnifications.contains { $0 > 1.5 } && magnifications.contains { $0 < 1 })
  }

  @Test("another aspect stretches one axis as much as it shrinks the other")
  func aspect() {
    var random = Seeded(14)
    let wide = augmentation { $0.aspect = 0.3 }
    var ratios: [Float] = []
    for _ in 0..<100 {
      var same = random
      let x = wide.apply(to: (0..<(31 * 31)).map { Float($0 % 31) }, shape: [1, 31, 31], random: &random)
      let y = wide.apply(to: (0..<(31 * 31)).map { Float($0 / 31) }, shape: [1, 31, 31], random: &same)
      let centre = 15 * 31 + 15
      let (right, down) = (x[centre + 1] - x[centre], y[centre + 31] - y[centre])
      #expect(abs(right * down - 1) < 1e-3 && abs(x[centre + 31] - x[centre]) < 1e-4)
      ratios.append(down / right)
    }
    #expect(ratios.allSatisfy { $0 > 1 / 1.301 && $0 < 1.301 })
    #expect(ratios.contains { $0 > 1.2 } && ratios.contains { $0 < 1 / 1.2 })
  }

  @Test("a shadow takes no more light than asked for, all of it on one side, and moves nothing")
  func shadow() {
    var random = Seeded(15)
    let shade = augmentation { ($0.shadowProbability, $0.shadowDepth) = (1, 1.2) }
    let picture = noise(seed: 15).map { $0 + 0.1 }
    var darkest: Float = 1
    for _ in 0..<100 {
      let light = zip(shade.apply(to: picture, shape: shape, random: &random), picture).map { $0 / $1 }
      #expect(light.allSatisfy { $0 <= 1.0001 && $0 >= exp(-1.2) - 1e-4 })
      // The same for every channel, and along a row never down and up again.
      #expect(zip(light, light.dropFirst(480)).allSatisfy { abs($0 - $1) < 1e-4 })
      for row in 0..<24 {
        let line = Array(light[(row * 20)..<(row * 20 + 20)])
        let steps = zip(line.dropFirst(), line).map { $0 - $1 }
        #expect(steps.allSatisfy { $0 > -1e-4 } || steps.allSatisfy { $0 < 1e-4 })
      }
      darkest = min(darkest, light.min() ?? 1)
    }
    #expect(darkest < 0.4)
    let none = augmentation { ($0.shadowProbability, $0.shadowDepth) = (1, 0) }
    for (value, before) in zip(none.apply(to: picture, shape: shape, random: &random), picture) {
      #expect(abs(value - before) < 1e-6)
    }
  }

  @Test("a chance of a shadow leaves all other chances as they were")
  func independent() {
    var (a, b) = (Seeded(16), Seeded(16))
    let other = augmentation { $0.shadowDepth = 0.5 }
    for _ in 0..<20 {
      #expect(
        Augmentation.none.apply(to: noise(seed: 1), shape: shape, random: &a)
          == other.apply(to: noise(seed: 1), shape: shape, random: &b))
      #expect(a.next() == b.next())
    }
  }

  @Test("settings that older models stored, without aspect, nearness and shadows, are read")
  func older() throws {
    let old = try JSONDecoder().decode(Augmentation.self, from: Data(#"{"rotation":10,"scale":0.2,"gamma":0.3}"#.utf8))
    #expect(old == augmentation { ($0.rotation, $0.scale, $0.gamma) = (10, 0.2, 0.3) })
  }

  @Test("a shear slants columns and leaves rows where they are")
  func shear() {
    var random = Seeded(5)
    let rows = (0..<(21 * 21)).map { Float($0 / 21) }
    let shear = augmentation { $0.shear = 20 }
    let out = shear.apply(to: rows, shape: [1, 21, 21], random: &random)
    for (value, row) in zip(out, rows) { #expect(abs(value - row) < 1e-4) }
    let columns = shear.apply(to: (0..<(21 * 21)).map { Float($0 % 21) }, shape: [1, 21, 21], random: &random)
    #expect(abs(columns[10 * 21 + 10] - 10) < 1e-4 && abs(columns[5 * 21 + 10] - columns[15 * 21 + 10]) > 0.01)
  }

  @Test("a blank picture stays blank under warp, blur and contrast, and the edge is repeated")
  func blank() {
    var random = Seeded(6)
    let change = augmentation {
      ($0.rotation, $0.scale, $0.shift, $0.shear) = (45, 0.5, 0.5, 20)
      ($0.blur, $0.contrast, $0.flipProbability) = (2, 0.5, 0.5)
    }
    for _ in 0..<50 {
      let out = change.apply(to: [Float](repeating: 0.3, count: 960), shape: shape, random: &random)
      #expect(out.allSatisfy { abs($0 - 0.3) < 1e-5 })
    }
  }

  @Test("brightness moves every value alike, contrast keeps the mean, light falls from one side, a tone curve bends")
  func light() {
    var random = Seeded(7)
    let picture = noise(seed: 7)
    let mean = picture.reduce(0, +) / 960
    let bright = augmentation { $0.brightness = 0.2 }.apply(to: picture, shape: shape, random: &random)
    let offset = bright[0] - picture[0]
    #expect(abs(offset) <= 0.2 && offset != 0)
    #expect(zip(bright, picture).allSatisfy { abs($0 - $1 - offset) < 1e-5 })
    let contrast = augmentation { $0.contrast = 0.5 }.apply(to: picture, shape: shape, random: &random)
    #expect(abs(contrast.reduce(0, +) / 960 - mean) < 1e-4)
    let factor = (contrast[0] - mean) / (picture[0] - mean)
    #expect(factor > 1 / 1.501 && factor < 1.501 && abs(factor - 1) > 1e-3)
    let lit = augmentation { $0.lighting = 0.3 }.apply(to: picture, shape: shape, random: &random)
    // In logarithms the light is a plane through zero at the centre, the same for every channel.
    let plane = zip(lit, picture).map { Foundation.log($0 / $1) }
    #expect(plane.allSatisfy { abs($0) <= 0.6 } && plane.contains { abs($0) > 0.01 })
    #expect(abs((plane[1] - plane[0]) - (plane[19] - plane[18])) < 1e-4)
    #expect(abs(plane[0] + plane[24 * 20 - 1]) < 1e-4 && abs(plane[0] - plane[24 * 20]) < 1e-5)
    let bent = augmentation { $0.gamma = 0.3 }.apply(to: picture, shape: shape, random: &random)
    let powers = zip(bent, picture).filter { $1 > 0.05 && $1 < 0.95 }.map { Foundation.log($0) / Foundation.log($1) }
    #expect(powers.allSatisfy { abs($0 - powers[0]) < 1e-3 } && abs(Foundation.log(powers[0])) <= 0.3 && powers[0] != 1)
  }

  @Test("a blur keeps the mean and takes away variance; noise has the deviation asked for at most")
  func blurAndNoise() {
    var random = Seeded(8)
    func deviation(_ values: [Float]) -> Float {
      let mean = values.reduce(0, +) / Float(values.count)
      return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
    }
    let picture = noise(seed: 8)
    let blurred = augmentation { $0.blur = 3 }.apply(to: picture, shape: shape, random: &random)
    #expect(deviation(blurred) < 0.7 * deviation(picture))
    let moved: Float = blurred.reduce(0, +) - picture.reduce(0, +)
    #expect(abs(moved) < 0.03 * 960)
    var deviations: [Float] = []
    for _ in 0..<50 {
      let noisy = augmentation { $0.noise = 0.1 }.apply(to: picture, shape: shape, random: &random)
      let added = zip(noisy, picture).map { $0 - $1 }
      #expect(abs(added.reduce(0, +) / 960) < 0.02)
      deviations.append(deviation(added))
    }
    #expect(deviations.allSatisfy { $0 < 0.108 } && deviations.contains { $0 > 0.085 })
  }

  @Test("an erased rectangle has at most the area asked for and the picture's mean, in every channel")
  func erasing() {
    var random = Seeded(9)
    let erase = augmentation { ($0.erasingProbability, $0.erasingArea) = (1, 0.3) }
    let picture = noise(seed: 9)
    var shares: [Double] = []
    for _ in 0..<200 {
      let out = erase.apply(to: picture, shape: shape, random: &random)
      let changed = (0..<960).filter { out[$0] != picture[$0] }
      shares.append(Double(changed.count) / 960)
      #expect(Set(changed.map { out[$0] }).count <= 1)
      #expect(Set(changed.map { $0 % 480 }).count * 2 == changed.count)
      let columns = Set(changed.map { $0 % 20 }), rows = Set(changed.map { $0 % 480 / 20 })
      #expect(columns.count * rows.count * 2 == changed.count)
    }
    #expect(shares.allSatisfy { $0 <= 0.3 } && shares.contains { $0 > 0.2 } && shares.allSatisfy { $0 > 0.02 })
  }

  @Test("senseless ranges, pictures of one pixel and thin ones are survived")
  func hostile() {
    var random = Seeded(10)
    for value in [Float.nan, .infinity, -.infinity, 1e30, -5] {
      let odd = augmentation {
        ($0.rotation, $0.scale, $0.shift, $0.shear) = (value, value, value, value)
        ($0.blur, $0.erasingArea, $0.erasingProbability, $0.flipProbability) = (value, value, 1, value)
        ($0.brightness, $0.contrast, $0.noise, $0.lighting) = (value, value, value, value)
        ($0.nearness, $0.aspect, $0.shadowProbability, $0.shadowDepth) = (value, value, 1, value)
      }
      for _ in 0..<20 {
        #expect(odd.apply(to: noise(seed: 1), shape: shape, random: &random).count == 960)
      }
    }
    for shape in [[1, 1, 1], [1, 1, 9], [3, 9, 1], [1, 2, 2]] {
      let count = shape.reduce(1, *)
      for _ in 0..<50 {
        let out = Augmentation.faces.apply(to: [Float](repeating: 0.5, count: count), shape: shape, random: &random)
        #expect(out.allSatisfy { $0.isFinite })
      }
    }
  }

  @Test("settings are read back as they were written")
  func json() throws {
    for augmentation in [Augmentation.none, .faces, .characters] {
      #expect(try JSONDecoder().decode(Augmentation.self, from: JSONEncoder().encode(augmentation)) == augmentation)
    }
  }
}
