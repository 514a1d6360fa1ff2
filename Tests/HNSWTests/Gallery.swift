import Foundation
import Seeded

/// Vectors shaped like what embedders produce: identities on a curved manifold of few dimensions in a space of many,
/// each with several noisy members; queries are further members of the same identities. Unit length.
struct SyntheticGallery {
  let dimension: Int
  /// `[count, dimension]`.
  private(set) var base: [Float] = []
  /// `[queryCount, dimension]`.
  private(set) var queries: [Float] = []

  init(
    count: Int, dimension: Int, identities: Int, queries queryCount: Int, intrinsic: Int = 24, spread: Float = 0.35,
    seed: UInt64
  ) {
    self.dimension = dimension
    var random = Seeded(seed)
    let hidden = 4 * intrinsic
    let first = random.normals(intrinsic * hidden, scale: 1 / Float(intrinsic).squareRoot())
    let second = random.normals(hidden * dimension, scale: 1 / Float(hidden).squareRoot())
    let centres = random.normals(identities * intrinsic)
    // Some identities have many more members than others, as galleries do.
    var cumulative: [Float] = []
    for i in 0..<identities { cumulative.append((cumulative.last ?? 0) + 1 / Float(1 + i).squareRoot()) }
    func members(_ count: Int) -> [Float] {
      var result: [Float] = []
      result.reserveCapacity(count * dimension)
      for _ in 0..<count {
        let target = Float.random(in: 0..<(cumulative.last ?? 1), using: &random)
        let identity = cumulative.partitioningIndex { $0 > target }
        var activations = [Float](repeating: 0, count: hidden)
        for i in 0..<intrinsic {
          let z = centres[identity * intrinsic + i] + spread * random.normal()
          for j in 0..<hidden { activations[j] += z * first[i * hidden + j] }
        }
        var vector = random.normals(dimension, scale: 0.02)
        for j in 0..<hidden {
          let a = tanh(activations[j])
          for d in 0..<dimension { vector[d] += a * second[j * dimension + d] }
        }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        result += vector.map { $0 / length }
      }
      return result
    }
    base = members(count)
    queries = members(queryCount)
  }

  func query(_ i: Int) -> [Float] { Array(queries[i * dimension..<(i + 1) * dimension]) }
}

extension [Float] {
  fileprivate func partitioningIndex(where belongsInSecond: (Float) -> Bool) -> Int {
    var low = 0
    var high = count - 1
    while low < high {
      let middle = (low + high) / 2
      if belongsInSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
