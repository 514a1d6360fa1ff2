import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random changes of a drawing that leave what it shows as it is: another hand's lines, another palette.
///
/// First the lines: made thicker (each pixel the darkest of its surroundings), taken away (the brightest), drawn around
/// every edge, or surfaces made flat; then the geometry and light of ``geometry``; then colours: the hue turned, more or
/// less of it, each channel a little brighter or darker, now and then grey. Values are on the scale 0…1.
public struct DrawingAugmentation: Codable, Sendable, Hashable {
  /// Warps, light, noise and erased parts.
  public var geometry = Augmentation()
  /// The probability of each change of lines: thicker, taken away, drawn around edges, flat surfaces.
  public var lines: [Float] = [0, 0, 0, 0]
  /// The largest turn of the hue either way, in degrees.
  public var hue: Float = 0
  /// How much stronger or weaker colours are at most, as a share: 0.5 draws a factor from 1/1.5 to 1.5.
  public var saturation: Float = 0
  /// How much a channel is multiplied at most, as a share.
  public var tint: Float = 0
  /// The probability that all colour is taken away.
  public var greyProbability: Float = 0

  /// Nothing changes until a range is set.
  public init() {}

  /// For drawings of many hands.
  public static let drawings: DrawingAugmentation = {
    var drawings = DrawingAugmentation()
    var geometry = Augmentation()
    (geometry.rotation, geometry.scale, geometry.shift, geometry.shear) = (10, 0.17, 0.056, 5.6)
    (geometry.contrast, geometry.brightness) = (0.2, 0.05)
    (geometry.blur, geometry.noise) = (0.8, 0.015)
    (geometry.erasingProbability, geometry.erasingArea) = (0.15, 0.1)
    drawings.geometry = geometry
    drawings.lines = [0.06, 0.09, 0.09, 0.06]
    (drawings.hue, drawings.saturation, drawings.tint, drawings.greyProbability) = (10, 0.3, 0.08, 0.05)
    return drawings
  }()

  /// Writes a changed copy of planes `[channels, height, width]`; `source` is used as memory and holds something else
  /// afterwards.
  package func apply(
    to source: UnsafeMutableBufferPointer<Float>, shape: [Int], into target: UnsafeMutableBufferPointer<Float>,
    random: inout SeededRandom
  ) {
    let kind = Float(random.uniform())
    let strength = Float(random.uniform(0.3, 1))
    let planes = PlaneShape(channels: shape[0], height: shape[1], width: shape[2])
    var below: Float = 0
    for (place, probability) in lines.enumerated() {
      if kind >= below, kind < below + probability { changeLines(place, source, planes, strength, memory: target) }
      below += probability
    }
    geometry.apply(to: UnsafeBufferPointer(source), shape: shape, into: target, random: &random)
    let turn = Float(random.uniform(-1, 1)) * hue * .pi / 180
    let colourfulness = exp(Float(random.uniform(-1, 1)) * log(1 + saturation))
    let gains = (0..<3).map { _ in exp(Float(random.uniform(-1, 1)) * log(1 + tint)) }
    let isGrey = Float(random.uniform()) < greyProbability
    if planes.channels == 3 {
      recolour(target, planes, turn: turn, colourfulness: isGrey ? 0 : colourfulness, gains: gains)
    }
    for i in target.indices { target[i] = min(max(target[i], 0), 1) }
  }

  private func changeLines(
    _ kind: Int, _ planes: UnsafeMutableBufferPointer<Float>, _ shape: PlaneShape, _ strength: Float,
    memory: UnsafeMutableBufferPointer<Float>
  ) {
    switch kind {
    case 0:
      Self.extreme(planes, shape, into: memory) { min($0, $1) }
      _ = planes.update(from: memory)
    case 1:
      Self.extreme(planes, shape, into: memory) { max($0, $1) }
      _ = planes.update(from: memory)
    case 2:
      // The brightest less the darkest of the surroundings: where an edge is.
      Self.extreme(planes, shape, into: memory) { max($0, $1) }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: planes.count) { darkest in
        darkest.initialize(repeating: 0)
        Self.extreme(planes, shape, into: darkest) { min($0, $1) }
        for pixel in 0..<shape.area {
          var edge: Float = 0
          for channel in 0..<shape.channels {
            let i = channel * shape.area + pixel
            edge = max(edge, memory[i] - darkest[i])
          }
          for channel in 0..<shape.channels { planes[channel * shape.area + pixel] *= 1 - strength * edge }
        }
      }
    default:
      let steps = (1 + (strength * 4).rounded())
      for i in planes.indices { planes[i] = (planes[i] * steps).rounded() / steps }
    }
  }

  /// Each pixel becomes the extreme of itself and its four neighbours, along each axis in turn: a square of 3 × 3.
  private static func extreme(
    _ source: UnsafeMutableBufferPointer<Float>, _ shape: PlaneShape, into target: UnsafeMutableBufferPointer<Float>,
    _ choose: (Float, Float) -> Float
  ) {
    let (width, height) = (shape.width, shape.height)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: shape.area) { across in
      across.initialize(repeating: 0)
      for channel in 0..<shape.channels {
        let start = channel * shape.area
        for y in 0..<height {
          for x in 0..<width {
            let i = start + y * width + x
            let sides = choose(source[i - (x > 0 ? 1 : 0)], source[i + (x + 1 < width ? 1 : 0)])
            across[y * width + x] = choose(source[i], sides)
          }
        }
        for y in 0..<height {
          for x in 0..<width {
            let i = y * width + x
            let sides = choose(across[i - (y > 0 ? width : 0)], across[i + (y + 1 < height ? width : 0)])
            target[start + i] = choose(across[i], sides)
          }
        }
      }
    }
  }

  /// Turns and scales the two colour axes of YIQ about grey.
  private func recolour(
    _ planes: UnsafeMutableBufferPointer<Float>, _ shape: PlaneShape, turn: Float, colourfulness: Float, gains: [Float]
  ) {
    let area = shape.area
    let (c, s) = (cos(turn) * colourfulness, sin(turn) * colourfulness)
    for i in 0..<area {
      let (r, g, b) = (planes[i], planes[area + i], planes[2 * area + i])
      let y = 0.299 * r + 0.587 * g + 0.114 * b
      let (p, q) = (0.596 * r - 0.274 * g - 0.322 * b, 0.211 * r - 0.523 * g + 0.312 * b)
      let (p2, q2) = (p * c - q * s, p * s + q * c)
      planes[i] = (y + 0.956 * p2 + 0.621 * q2) * gains[0]
      planes[area + i] = (y - 0.272 * p2 - 0.647 * q2) * gains[1]
      planes[2 * area + i] = (y - 1.106 * p2 + 1.703 * q2) * gains[2]
    }
  }
}
