import Networks

/// All Euclidean distances (unsquared) within a batch of embeddings, the shared ground of miners and losses.
public struct PairDistances: Sendable {
  /// The number of embeddings in the batch.
  public let count: Int
  private let values: [Float]

  /// Computes `‖eᵢ − eⱼ‖₂` for every pair of rows of `embeddings`, shape `[n, dimension]`.
  ///
  /// Differences are taken before squaring: near-equal embeddings keep their small distances, where the expansion
  /// `‖a‖² + ‖b‖² − 2a·b` would lose them to cancellation.
  public init(_ embeddings: Tensor) {
    let n = embeddings.shape[0]
    let dimension = n == 0 ? 0 : embeddings.shape[1]
    var values = [Float](repeating: 0, count: n * n)
    embeddings.withUnsafeBufferPointer { rows in
      for i in 0..<n {
        for j in i + 1..<max(n, i + 1) {
          var sum: SIMD8<Float> = .zero
          let a = rows.baseAddress! + i * dimension
          let b = rows.baseAddress! + j * dimension
          var d = 0
          while d + 8 <= dimension {
            let difference =
              UnsafeRawPointer(a + d).loadUnaligned(as: SIMD8<Float>.self)
              - UnsafeRawPointer(b + d).loadUnaligned(as: SIMD8<Float>.self)
            sum += difference * difference
            d += 8
          }
          var total = sum.sum()
          while d < dimension {
            let difference = a[d] - b[d]
            total += difference * difference
            d += 1
          }
          let distance = total.squareRoot()
          values[i * n + j] = distance
          values[j * n + i] = distance
        }
      }
    }
    self.count = n
    self.values = values
  }

  /// The distance between embeddings `i` and `j` of the batch.
  public subscript(_ i: Int, _ j: Int) -> Float { values[i * count + j] }

  /// The mean distance over all pairs; it falls to zero when a network collapses to one point.
  public var mean: Float {
    guard count > 1 else { return 0 }
    return values.reduce(0, +) / Float(count * (count - 1))
  }

  /// The mean distances of two rows of one identity, and of two different ones; 0 where there are none.
  public func means(labels: [Int]) -> (same: Double, other: Double) {
    var (same, other) = ((0.0, 0), (0.0, 0))
    for i in 0..<count {
      for j in i + 1..<max(count, i + 1) {
        if labels[i] == labels[j] {
          same = (same.0 + Double(self[i, j]), same.1 + 1)
        } else {
          other = (other.0 + Double(self[i, j]), other.1 + 1)
        }
      }
    }
    return (same.0 / Double(max(same.1, 1)), other.0 / Double(max(other.1, 1)))
  }
}
