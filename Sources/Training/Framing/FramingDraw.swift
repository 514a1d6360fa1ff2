import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One training picture framed otherwise on purpose, and so with a known answer: a part of it that is smaller or larger and
/// elsewhere, and where its whole is in that.
struct FramingDraw {
  /// What surrounds a picture that is framed too loosely. Nobody knows what would have been there; what is learned must not
  /// hang on any of them.
  private enum Surroundings: UInt64, CaseIterable {
    case edge, mirror, grey, other
  }

  /// What the network has to tell, in its units.
  let answer: [Float]
  private let surroundings: Surroundings
  private let grey: Float
  private let isMirrored: Bool
  private let size: Float
  private let centre: (x: Float, y: Float)
  private let turn: (cosine: Float, sine: Float)
  private let aspect: Float
  /// The part of another picture that surrounds this one: some of its rim, from near.
  private let other: (size: Float, x: Float, y: Float)

  init(_ settings: FramingSettings, random: inout SeededRandom) {
    func either(_ most: Float) -> Float { Float(random.uniform(-1, 1)) * most }
    let logSize = either(settings.logSize)
    size = exp(logSize)
    let move = (x: either(settings.move), y: either(settings.move))
    centre = (move.x * size, move.y * size)
    let angle = either(settings.rotation) * .pi / 180
    turn = (cos(angle), sin(angle))
    aspect = exp(either(settings.aspect))
    isMirrored = random.chance(0.5)
    surroundings = Surroundings.allCases[random.integer(below: Surroundings.allCases.count)]
    grey = Float(random.uniform())
    other = (Float(random.uniform(0.1, 0.35)), either(0.4), -Float(random.uniform(0.4, 0.5)))
    // The whole, seen from the part: as much smaller as this is larger, and moved the other way.
    let told = [-logSize, isMirrored ? move.x : -move.x, -move.y]
    answer = zip(told, FramingNetwork.units).map { $0 / $1 }
  }

  /// Writes the part of planes `[channels, height, width]`, with the other picture's behind it where that is what was drawn.
  func apply(
    to source: UnsafePointer<Float>, behind: UnsafePointer<Float>, _ shape: PlaneShape,
    into target: UnsafeMutablePointer<Float>
  ) {
    let (width, height) = (Float(shape.width), Float(shape.height))
    for row in 0..<shape.height {
      let v = (Float(row) + 0.5) / height - 0.5
      for column in 0..<shape.width {
        let across = (Float(column) + 0.5) / width - 0.5
        let u = isMirrored ? -across : across
        // A turn keeps angles in pixels, not in shares of sides.
        let x = centre.x + size * aspect * (turn.cosine * u - turn.sine * v * height / width)
        let y = centre.y + size / aspect * (turn.sine * u * width / height + turn.cosine * v)
        let isInside = abs(x) <= 0.5 && abs(y) <= 0.5
        for channel in 0..<shape.channels {
          let plane = channel * shape.area
          let value: Float
          if isInside || surroundings == .edge {
            value = Self.sample(source + plane, shape, x, y)
          } else {
            switch surroundings {
            case .mirror: value = Self.sample(source + plane, shape, Self.reflected(x), Self.reflected(y))
            case .grey: value = grey
            default: value = Self.sample(behind + plane, shape, other.x + other.size * u, other.y + other.size * v)
            }
          }
          target[plane + row * shape.width + column] = value
        }
      }
    }
  }

  /// A place beyond an edge, as far within it.
  private static func reflected(_ place: Float) -> Float {
    place > 0.5 ? 1 - place : place < -0.5 ? -1 - place : place
  }

  /// Bilinear; places are shares of the sides from the centre, beyond the edge the nearest pixel is repeated.
  private static func sample(_ plane: UnsafePointer<Float>, _ shape: PlaneShape, _ x: Float, _ y: Float) -> Float {
    func place(_ share: Float, _ length: Int) -> (low: Int, high: Int, rest: Float) {
      let at = min(max((share + 0.5) * Float(length) - 0.5, 0), Float(length - 1))
      let low = Int(at)
      return (low, min(low + 1, length - 1), at - Float(low))
    }
    let (across, down) = (place(x, shape.width), place(y, shape.height))
    let (upper, lower) = (plane + down.low * shape.width, plane + down.high * shape.width)
    let top = upper[across.low] + across.rest * (upper[across.high] - upper[across.low])
    let bottom = lower[across.low] + across.rest * (lower[across.high] - lower[across.low])
    return top + down.rest * (bottom - top)
  }
}
