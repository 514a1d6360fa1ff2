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

  /// Turns by `angle` (radians, clockwise as rows run downwards), magnifies, shears horizontally, shifts by pixels, and
  /// first exchanges left and right if flipped. Values that are not finite leave the picture as it is.
  init(angle: Float, magnification: Float, shear: Float, shift: (x: Float, y: Float), isFlipped: Bool) {
    let (c, s, inverse) = (cos(angle), sin(angle), 1 / magnification)
    let sign: Float = isFlipped ? -1 : 1
    // The inverse of shift · magnification · rotation · shear · flip.
    let turned = (xx: c * inverse, xy: s * inverse, yx: -s * inverse, yy: c * inverse)
    let map = [sign * (turned.xx - shear * turned.yx), sign * (turned.xy - shear * turned.yy), turned.yx, turned.yy]
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
    let (width, height, area) = (shape.width, shape.height, shape.area)
    let (lastX, lastY) = (Float(width - 1), Float(height - 1))
    let (centreX, centreY) = (lastX / 2, lastY / 2)
    let (stepRight, stepDown) = (width > 1 ? 1 : 0, height > 1 ? width : 0)
    for y in 0..<height {
      let fromY = Float(y) - centreY - shift.y
      for x in 0..<width {
        let fromX = Float(x) - centreX - shift.x
        let sourceX = min(max(xx * fromX + xy * fromY + centreX, 0), lastX)
        let sourceY = min(max(yx * fromX + yy * fromY + centreY, 0), lastY)
        // The last column and row are reached with a share of 1 from the one before.
        let column = min(Int(sourceX), max(width - 2, 0))
        let row = min(Int(sourceY), max(height - 2, 0))
        let (right, down) = (sourceX - Float(column), sourceY - Float(row))
        var at = row * width + column
        var out = y * width + x
        for _ in 0..<shape.channels {
          let top = source[at] + right * (source[at + stepRight] - source[at])
          let bottom =
            source[at + stepDown]
            + right * (source[at + stepDown + stepRight] - source[at + stepDown])
          destination[out] = top + down * (bottom - top)
          at += area
          out += area
        }
      }
    }
  }
}
