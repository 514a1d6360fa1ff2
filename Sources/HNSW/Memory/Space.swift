import CKernels

/// How two stored vectors are compared: a kernel, and what its number means.
///
/// The graph orders by a *key*, which is cheaper than the metric's own unit and sorts the same: the squared distance for
/// Euclidean and cosine, the negated product for the inner product. Cosine is Euclidean distance between unit vectors,
/// as ‖a − b‖² = 2 (1 − a·b): exactly zero for equal directions, where 1 − a·b leaves rounding, and never negative.
struct Space {
  let metric: Metric
  /// Floats that a stored row occupies; those past the dimension are zero and change no distance.
  let stride: Int
  private let pair: ck_pair_function
  private let four: ck_four_function
  private let sign: Float

  init(metric: Metric, stride: Int, kernels: ck_kernels) {
    self.metric = metric
    self.stride = stride
    switch metric {
    case .euclidean, .cosine:
      (pair, four, sign) = (kernels.squared_l2, kernels.squared_l2_four, 1)
    case .dot:
      (pair, four, sign) = (kernels.dot, kernels.dot_four, -1)
    }
  }

  @inline(__always)
  func key(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
    sign * pair(a, b, stride)
  }

  /// The keys of four rows at once, the same bits as four calls of ``key(_:_:)``.
  @inline(__always)
  func keys(
    _ query: UnsafePointer<Float>, _ row0: UnsafePointer<Float>, _ row1: UnsafePointer<Float>,
    _ row2: UnsafePointer<Float>, _ row3: UnsafePointer<Float>
  ) -> SIMD4<Float> {
    var result = SIMD4<Float>()
    withUnsafeMutablePointer(to: &result) {
      $0.withMemoryRebound(to: Float.self, capacity: 4) { four(query, row0, row1, row2, row3, stride, $0) }
    }
    return result * sign
  }

  /// A key in the metric's own unit.
  @inline(__always)
  func distance(ofKey key: Float) -> Float {
    switch metric {
    case .euclidean: key.squareRoot()
    case .cosine: key / 2
    case .dot: key
    }
  }
}
