/// Distances between n images, a pair or a row at a time, so that the n × n matrix need not exist.
protocol PairwiseDistances: Sendable {
  /// n.
  var count: Int { get }

  /// The distance of two images; the same either way round.
  func distance(_ first: Int, _ second: Int) -> Double

  /// Writes the distances of `image` to all n images.
  func fill(_ row: UnsafeMutableBufferPointer<Double>, of image: Int)
}

/// Euclidean distances of embeddings, summed from differences in double precision: equal embeddings are exactly 0 apart.
struct EmbeddingDistances: PairwiseDistances {
  let count: Int
  private let blocks: Int
  /// `[n, blocks]`, the last block of a row filled up with zeros.
  private let values: [SIMD8<Double>]

  init(_ embeddings: [Float], dimension: Int, metric: Evaluation.Metric) {
    count = embeddings.count / dimension
    blocks = (dimension + 7) / 8
    var values = [SIMD8<Double>](repeating: .zero, count: count * blocks)
    for image in 0..<count {
      let row = embeddings[(image * dimension)..<((image + 1) * dimension)]
      var scale = 1.0
      if metric == .cosine {
        scale = 1 / max(row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot(), 1e-12)
      }
      for (index, value) in row.enumerated() {
        values[image * blocks + index / 8][index % 8] = Double(value) * scale
      }
    }
    self.values = values
  }

  func distance(_ first: Int, _ second: Int) -> Double {
    values.withUnsafeBufferPointer { Self.distance($0.baseAddress!, first * blocks, second * blocks, blocks) }
  }

  func fill(_ row: UnsafeMutableBufferPointer<Double>, of image: Int) {
    values.withUnsafeBufferPointer { values in
      for other in 0..<count {
        row[other] = Self.distance(values.baseAddress!, image * blocks, other * blocks, blocks)
      }
    }
  }

  @inline(__always)
  private static func distance(
    _ values: UnsafePointer<SIMD8<Double>>, _ first: Int, _ second: Int, _ blocks: Int
  ) -> Double {
    var sum = SIMD8<Double>.zero
    for block in 0..<blocks {
      let difference = values[first + block] - values[second + block]
      sum += difference * difference
    }
    let half = sum.lowHalf + sum.highHalf
    return ((half[0] + half[2]) + (half[1] + half[3])).squareRoot()
  }
}

/// Distances that are given.
struct MatrixDistances: PairwiseDistances {
  let values: [Double]
  let count: Int

  func distance(_ first: Int, _ second: Int) -> Double {
    values[first * count + second]
  }

  func fill(_ row: UnsafeMutableBufferPointer<Double>, of image: Int) {
    for other in 0..<count { row[other] = values[image * count + other] }
  }
}
