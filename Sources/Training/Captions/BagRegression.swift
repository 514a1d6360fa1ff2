import Networks

/// Ridge regression from bags of words and pieces: the rows W with the least ‖ΦW − Y‖² + λ‖W‖², Φ being the bags, by
/// conjugate gradients on the normal equations, each column of Y by itself, from W = 0.
///
/// No matrix of features is ever made: a step costs as much as there are words and pieces in the bags.
struct BagRegression {
  /// λ as a share of the mean square of a bag's length.
  private static let penalty: Float = 0.3
  private static let mostIterations = 100

  let bags: [[CaptionVocabulary.Entry]]
  /// The number of rows of W.
  let rows: Int
  /// Whether bags and values are taken less their means.
  var isCentred = false
  /// Where a column's squared residual is this share of what it was, it is solved.
  var tolerance = 1e-6

  /// W, `[rows, dimension]`, for Y, `[bags, dimension]`.
  func solve(_ targets: Tensor) -> Tensor {
    let dimension = targets.shape[1]
    let squares = bags.reduce(Float(0)) { $0 + $1.reduce(0) { $0 + $1.weight * $1.weight } }
    let penalty = Self.penalty * squares / Float(max(1, bags.count))
    var solution = Tensor(shape: [rows, dimension])
    var residual = spread(targets)
    var direction = residual
    var power = Self.columnProducts(residual, residual)
    let first = power
    for _ in 0..<Self.mostIterations {
      guard zip(power, first).contains(where: { $0 > tolerance * $1 && $1 > 0 }) else { break }
      var image = spread(sums(direction))
      image.withUnsafeMutableBufferPointer { target in
        direction.withUnsafeBufferPointer { for i in target.indices { target[i] += penalty * $0[i] } }
      }
      let along = Self.columnProducts(direction, image)
      let step = zip(power, along).map { $1 > 0 ? Float($0 / $1) : 0 }
      Self.add(direction, scaledBy: step, to: &solution)
      Self.add(image, scaledBy: step.map { -$0 }, to: &residual)
      let next = Self.columnProducts(residual, residual)
      let turn = zip(next, power).map { $1 > 0 ? Float($0 / $1) : 0 }
      var turned = residual
      Self.add(direction, scaledBy: turn, to: &turned)
      (direction, power) = (turned, next)
    }
    return solution
  }

  /// ΦX, `[bags, dimension]`.
  func sums(_ table: Tensor) -> Tensor {
    var sums = EmbeddingBag.sums(bags, of: table)
    if isCentred { Self.centre(&sums) }
    return sums
  }

  /// The mean of what the bags give, which ``sums(_:)`` leaves out where they are centred.
  func mean(_ table: Tensor) -> [Float] { Self.mean(EmbeddingBag.sums(bags, of: table)) }

  /// ΦᵀX, `[rows, dimension]`.
  private func spread(_ values: Tensor) -> Tensor {
    guard isCentred else { return EmbeddingBag.spread(values, over: bags, rows: rows) }
    var centred = values
    Self.centre(&centred)
    return EmbeddingBag.spread(centred, over: bags, rows: rows)
  }

  private static func mean(_ values: Tensor) -> [Float] {
    let (count, dimension) = (values.shape[0], values.shape[1])
    var mean = [Float](repeating: 0, count: dimension)
    values.withUnsafeBufferPointer { source in
      for row in 0..<count {
        for d in 0..<dimension { mean[d] += source[row * dimension + d] / Float(count) }
      }
    }
    return mean
  }

  private static func centre(_ values: inout Tensor) {
    let (mean, dimension) = (mean(values), values.shape[1])
    values.withUnsafeMutableBufferPointer { target in
      for start in stride(from: 0, to: target.count, by: dimension) {
        for d in 0..<dimension { target[start + d] -= mean[d] }
      }
    }
  }

  /// Adds to each column of `sum` the same column of `values`, times its factor.
  private static func add(_ values: Tensor, scaledBy factors: [Float], to sum: inout Tensor) {
    let dimension = factors.count
    sum.withUnsafeMutableBufferPointer { target in
      values.withUnsafeBufferPointer { source in
        for start in stride(from: 0, to: target.count, by: dimension) {
          for d in 0..<dimension { target[start + d] += factors[d] * source[start + d] }
        }
      }
    }
  }

  /// By column, the sum of products.
  private static func columnProducts(_ left: Tensor, _ right: Tensor) -> [Double] {
    let dimension = left.shape[1]
    var products = [Double](repeating: 0, count: dimension)
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        for start in stride(from: 0, to: left.count, by: dimension) {
          for d in 0..<dimension { products[d] += Double(left[start + d]) * Double(right[start + d]) }
        }
      }
    }
    return products
  }
}
