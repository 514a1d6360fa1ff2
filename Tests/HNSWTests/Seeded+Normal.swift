import Seeded

extension Seeded {
  /// A standard normal number, as the sum of twelve uniform ones: near enough for data, and the same everywhere.
  mutating func normal() -> Float {
    var sum: Float = -6
    for _ in 0..<12 { sum += Float.random(in: 0..<1, using: &self) }
    return sum
  }

  mutating func normals(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in normal() * scale }
  }
}
