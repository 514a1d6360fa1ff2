/// How much a pixel differs from its surroundings, measured by how much the surroundings differ among themselves.
///
/// With a blur that weighs the surroundings, d = x − blur(x) and s = √blur(d²), the local contrast is d / (s + 0.04),
/// held within ±3: light that changes slowly across a face falls out, edges stay.
///
/// Of the square root of the values, where that is asked for: in a shadow that leaves a quarter of the light, differences
/// are then still half as large beside the 0.04, not a quarter.
package struct LocalContrast {
  private let width: Int
  private let height: Int
  private let ofRoot: Bool
  /// How far a box mean reaches; two along each axis make the blur.
  package let radius: Int

  /// Surroundings of about an eighth of the picture's height.
  package init(width: Int, height: Int, ofRoot: Bool = false) {
    self.ofRoot = ofRoot
    self.width = width
    self.height = height
    radius = max(1, (height / 8 * 2 + 1) / 4)
  }

  /// What keeps even surfaces from becoming noise, on the scale 0…1.
  package static let floor: Float = 0.04

  /// Writes the local contrast of one plane of values on the scale 0…1.
  func apply(to plane: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>) {
    let count = width * height
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * count) { scratch in
      guard let square = scratch.baseAddress else { return }
      let (spare, values) = (square + count, square + 2 * count)
      for i in 0..<count { values[i] = ofRoot ? max(plane[i], 0).squareRoot() : plane[i] }
      target.update(from: values, count: count)
      blur(target, spare)
      for i in 0..<count {
        target[i] = values[i] - target[i]
        square[i] = target[i] * target[i]
      }
      blur(square, spare)
      for i in 0..<count {
        target[i] = min(max(target[i] / (max(square[i], 0).squareRoot() + Self.floor), -3), 3)
      }
    }
  }

  /// Two box means along each axis, the edge repeated outwards.
  private func blur(_ plane: UnsafeMutablePointer<Float>, _ spare: UnsafeMutablePointer<Float>) {
    for _ in 0..<2 {
      for y in 0..<height { box(plane + y * width, 1, width, into: spare + y * width) }
      for x in 0..<width { box(spare + x, width, height, into: plane + x) }
    }
  }

  private func box(
    _ from: UnsafePointer<Float>, _ step: Int, _ length: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let last = length - 1
    var sum: Float = 0
    for offset in -radius...radius { sum += from[min(max(offset, 0), last) * step] }
    let share = 1 / Float(2 * radius + 1)
    for place in 0..<length {
      target[place * step] = sum * share
      sum += from[min(place + radius + 1, last) * step] - from[max(place - radius, 0) * step]
    }
  }
}
