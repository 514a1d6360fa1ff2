#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A shadow on one side of a straight edge: what a lamp at one's side leaves of a face.
struct Shadow {
  private let x: Float
  private let y: Float
  private let place: Float
  private let softness: Float
  private let light: Float

  /// - Parameters:
  ///   - angle: where the light comes from, in radians.
  ///   - place: how far from the centre the edge is; 1 is half a side.
  ///   - softness: from 0, nearly sharp, to 1, as wide as the picture.
  ///   - light: what is left of the light in it.
  init(angle: Float, place: Float, softness: Float, light: Float) {
    (x, y) = (cos(angle), sin(angle))
    self.place = place
    // Sharp edges are as frequent as soft ones only if most draws are sharp.
    self.softness = 0.05 + 0.6 * softness * softness
    self.light = light
  }

  /// Multiplies planes by what is left of the light.
  func fall(on planes: UnsafeMutableBufferPointer<Float>, _ shape: PlaneShape) {
    for row in 0..<(shape.channels * shape.height) {
      let start = row * shape.width
      let down = y * ((2 * Float(row % shape.height) + 1) / Float(shape.height) - 1) - place
      for column in 0..<shape.width {
        let across = x * ((2 * Float(column) + 1) / Float(shape.width) - 1)
        // A smooth step of the distance from the edge.
        let share = min(max(0.5 + 0.5 * (across + down) / softness, 0), 1)
        planes[start + column] *= light + (1 - light) * share * share * (3 - 2 * share)
      }
    }
  }
}
