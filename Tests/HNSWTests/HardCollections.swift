import HNSW
import Seeded

/// Collections that graphs and codes find hard, as points drawn one by one.
enum HardCollection: String, CaseIterable, Sendable {
  case normal, fiveDistinct, constant, farClusters, tiny, huge, vast, oneDominates, oneHot, copiesOfMany, line

  /// A point with its place in the sequence, which decides it.
  func vector(_ place: Int, dimension: Int, seed: UInt64 = 0) -> [Float] {
    func random(_ number: UInt64) -> Seeded { Seeded(number &* 0x9E37_79B9 &+ seed) }
    var own = random(UInt64(place))
    switch self {
    case .normal: return own.normals(dimension)
    case .fiveDistinct:
      var shared = random(UInt64(place % 5))
      return shared.normals(dimension)
    case .constant: return [Float](repeating: 0.75, count: dimension)
    case .farClusters:
      var centre = random(UInt64(1_000_000 + place % 7))
      return zip(centre.normals(dimension), own.normals(dimension)).map { 10_000 + 20 * $0 + $1 }
    case .tiny: return own.normals(dimension, scale: 1e-18)
    case .huge: return own.normals(dimension, scale: 1e15)
    case .vast:
      // As long as vectors may be.
      let vector = own.normals(dimension)
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return vector.map { $0 / length * 6e18 }
    case .oneDominates:
      var vector = own.normals(dimension)
      vector[dimension / 2] *= 1e6
      return vector
    case .oneHot:
      var vector = [Float](repeating: 0, count: dimension)
      vector[Int(own.next() % UInt64(dimension))] = Float(1 + own.next() % 3)
      return vector
    case .copiesOfMany:
      var shared = random(UInt64(place % 40))
      return shared.normals(dimension)
    case .line:
      var direction = random(77)
      return direction.normals(dimension).map { $0 * Float(place % 500) + 1 }
    }
  }
}
