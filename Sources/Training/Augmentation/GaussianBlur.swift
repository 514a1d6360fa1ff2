#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A separable Gaussian blur of planes, the edge repeated outwards.
struct GaussianBlur {
  private let weights: [Float]

  /// A kernel out to three standard deviations (in pixels, positive), its weights adding up to 1.
  init(deviation: Float) {
    let radius = max(Int((3 * deviation).rounded(.up)), 1)
    let raw = (-radius...radius).map { exp(-Float($0 * $0) / (2 * deviation * deviation)) }
    let sum = raw.reduce(0, +)
    weights = raw.map { $0 / sum }
  }

  /// Blurs in place.
  func apply(to planes: UnsafeMutableBufferPointer<Float>, _ shape: PlaneShape) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: shape.area) { scratch in
      for channel in 0..<shape.channels {
        let plane = UnsafeMutableBufferPointer(
          rebasing: planes[(channel * shape.area)..<((channel + 1) * shape.area)])
        blur(plane, into: scratch, lines: shape.height, lineStep: shape.width, length: shape.width, step: 1)
        blur(scratch, into: plane, lines: shape.width, lineStep: 1, length: shape.height, step: shape.width)
      }
    }
  }

  private func blur(
    _ source: UnsafeMutableBufferPointer<Float>, into destination: UnsafeMutableBufferPointer<Float>, lines: Int,
    lineStep: Int, length: Int, step: Int
  ) {
    let radius = weights.count / 2
    for line in 0..<lines {
      let start = line * lineStep
      for position in 0..<length {
        var sum: Float = 0
        for (tap, weight) in weights.enumerated() {
          let from = min(max(position + tap - radius, 0), length - 1)
          sum += weight * source[start + from * step]
        }
        destination[start + position * step] = sum
      }
    }
  }
}
