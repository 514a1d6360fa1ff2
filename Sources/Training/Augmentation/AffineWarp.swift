#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An affine map about the centre of a picture, sampled backwards: for every destination pixel, where it comes from.
struct AffineWarp: Sendable {
  private let xx: Float
  private let xy: Float
  private let yx: Float
  private let yy: Float
  private let shift: (x: Float, y: Float)
  private let isIdentity: Bool
  private let isFlip: Bool

  /// Turns by `angle` (radians, clockwise as rows run downwards), magnifies, shears horizontally, makes it wider by `aspect`
  /// and as much lower, shifts by pixels, and first exchanges left and right if flipped. Values that are not finite leave
  /// the picture as it is.
  init(
    angle: Float, magnification: Float, shear: Float, aspect: Float = 1, shift: (x: Float, y: Float), isFlipped: Bool
  ) {
    let (c, s, inverse) = (cos(angle), sin(angle), 1 / magnification)
    let sign: Float = isFlipped ? -1 : 1
    // The inverse of shift · aspect · magnification · rotation · shear · flip.
    let turned = (xx: c * inverse, xy: s * inverse, yx: -s * inverse, yy: c * inverse)
    let map = [
      sign * (turned.xx - shear * turned.yx) / aspect, sign * (turned.xy - shear * turned.yy) * aspect,
      turned.yx / aspect, turned.yy * aspect,
    ]
    let isUsable = (map + [shift.x, shift.y]).allSatisfy { abs($0) < 1e6 }
    (xx, xy, yx, yy) = isUsable ? (map[0], map[1], map[2], map[3]) : (1, 0, 0, 1)
    self.shift = isUsable ? shift : (0, 0)
    let isRigid = xy == 0 && yx == 0 && yy == 1 && self.shift == (0, 0)
    isIdentity = isRigid && xx == 1
    isFlip = isRigid && xx == -1
  }

  /// Writes the warped planes; beyond the edge the nearest pixel is repeated.
  func apply(
    to source: UnsafeBufferPointer<Float>, _ shape: PlaneShape, into destination: UnsafeMutableBufferPointer<Float>
  ) {
    if isIdentity {
      _ = destination.update(from: source)
    } else if isFlip {
      for row in 0..<(shape.channels * shape.height) {
        let start = row * shape.width
        for x in 0..<shape.width { destination[start + x] = source[start + shape.width - 1 - x] }
      }
    } else {
      sample(source, shape, into: destination)
    }
  }

  private func sample(
    _ source: UnsafeBufferPointer<Float>, _ shape: PlaneShape, into destination: UnsafeMutableBufferPointer<Float>
  ) {
    guard let source = source.baseAddress, let destination = destination.baseAddress else { return }
    let (width, height) = (shape.width, shape.height)
    let (centreX, centreY) = (Float(width - 1) / 2, Float(height - 1) / 2)
    // Positions stay below the last centre, so that the pixel to the right and the one below always exist.
    let (lastX, lastY) = (max(Float(width - 1).nextDown, 0), max(Float(height - 1).nextDown, 0))
    let (stepRight, stepDown) = (width > 1 ? 1 : 0, height > 1 ? width : 0)
    for y in 0..<height {
      let fromY = Float(y) - centreY - shift.y
      let startX = xy * fromY + centreX - xx * (centreX + shift.x)
      let startY = yy * fromY + centreY - yx * (centreX + shift.x)
      for x in 0..<width {
        let position = (x: startX + xx * Float(x), y: startY + yx * Float(x))
        let sourceX = position.x < 0 ? 0 : position.x > lastX ? lastX : position.x
        let sourceY = position.y < 0 ? 0 : position.y > lastY ? lastY : position.y
        let (column, row) = (Int32(sourceX), Int32(sourceY))
        let (right, down) = (sourceX - Float(column), sourceY - Float(row))
        var corner = source + (Int(row) &* width &+ Int(column))
        var out = destination + (y &* width &+ x)
        for _ in 0..<shape.channels {
          let top = corner[0] + right * (corner[stepRight] - corner[0])
          let below = corner + stepDown
          let bottom = below[0] + right * (below[stepRight] - below[0])
          out.pointee = top + down * (bottom - top)
          corner += shape.area
          out += shape.area
        }
      }
    }
  }
}
