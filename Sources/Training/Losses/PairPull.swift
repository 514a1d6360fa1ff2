import Networks

/// The derivatives of a loss for the distances of a batch, gathered a pair at a time and turned into a gradient once: a
/// pair is shared by many triplets.
struct PairPull {
  private let distances: PairDistances
  private var pull: [Float]

  init(_ distances: PairDistances) {
    self.distances = distances
    pull = [Float](repeating: 0, count: distances.count * distances.count)
  }

  /// Adds a derivative for the distance of `i` and `j`.
  mutating func add(_ derivative: Float, _ i: Int, _ j: Int) {
    pull[i * distances.count + j] += derivative
  }

  /// The derivative for the embeddings, shape `[n, dimension]`, divided by `share`.
  ///
  /// A distance of zero has no direction; its part of the gradient is zero, not a division by zero.
  func gradient(_ embeddings: Tensor, over share: Float) -> Tensor {
    let dimension = embeddings.shape[1]
    var gradient = Tensor(shape: embeddings.shape)
    embeddings.withUnsafeBufferPointer { rows in
      gradient.withUnsafeMutableBufferPointer { out in
        for i in 0..<distances.count {
          for j in 0..<distances.count {
            let coefficient = pull[i * distances.count + j]
            let distance = distances[i, j]
            guard coefficient != 0, distance > 1e-12 else { continue }
            let scale = coefficient / (distance * share)
            for d in 0..<dimension {
              let step = scale * (rows[i * dimension + d] - rows[j * dimension + d])
              out[i * dimension + d] += step
              out[j * dimension + d] -= step
            }
          }
        }
      }
    }
    return gradient
  }
}
