extension Tensor {
  /// The product of two matrices, either of them transposed first: `[m, k]` and `[k, n]` give `[m, n]`.
  ///
  /// - Precondition: both are matrices whose inner sides agree.
  public static func product(
    _ left: Tensor, _ right: Tensor, transposeLeft isLeftTransposed: Bool = false,
    transposeRight isRightTransposed: Bool = false
  ) -> Tensor {
    precondition(left.shape.count == 2 && right.shape.count == 2, "matrices have two dimensions")
    let (m, k) = isLeftTransposed ? (left.shape[1], left.shape[0]) : (left.shape[0], left.shape[1])
    let (inner, n) = isRightTransposed ? (right.shape[1], right.shape[0]) : (right.shape[0], right.shape[1])
    precondition(k == inner, "matrices of shapes \(left.shape) and \(right.shape) cannot be multiplied so")
    var result = Tensor(shape: [m, n])
    guard m > 0, n > 0, k > 0 else { return result }
    MatrixProduct.prepare()
    result.withUnsafeMutableBufferPointer { target in
      left.withUnsafeBufferPointer { a in
        right.withUnsafeBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress, let to = target.baseAddress else { return }
          MatrixProduct.multiply(
            m: m, n: n, k: k, a, transposeA: isLeftTransposed, b, transposeB: isRightTransposed, into: to)
        }
      }
    }
    return result
  }
}
