import CKernels

extension Space {
  /// Checks a vector and writes it as a stored row: `stride` floats, of unit length under cosine.
  ///
  /// - Throws: ``IndexError/wrongDimension(expected:actual:)``, ``IndexError/notFinite(component:)``,
  ///   ``IndexError/zeroVector`` under cosine, ``IndexError/tooLong`` under the other metrics.
  func prepare(
    _ vector: UnsafeBufferPointer<Float>, dimension: Int, into row: UnsafeMutablePointer<Float>
  ) throws(IndexError) {
    let norm = try norm(of: vector, dimension: dimension)
    guard let source = vector.baseAddress else { return }
    if metric == .cosine {
      // Scaled in double precision: lengths that float32 cannot square are still directions.
      let scale = 1 / norm
      for i in 0..<dimension { row[i] = Float(Double(source[i]) * scale) }
    } else {
      row.update(from: source, count: dimension)
    }
    for i in dimension..<stride { row[i] = 0 }
  }

  /// The Euclidean length of a vector that the metric can compare.
  @discardableResult
  func norm(of vector: UnsafeBufferPointer<Float>, dimension: Int) throws(IndexError) -> Double {
    guard vector.count == dimension, let source = vector.baseAddress else {
      throw .wrongDimension(expected: dimension, actual: vector.count)
    }
    let squared = ck_norm_squared(source, dimension)
    guard squared.isFinite else {
      throw .notFinite(component: vector.firstIndex { !$0.isFinite } ?? 0)
    }
    if metric == .cosine {
      guard squared > 0 else { throw .zeroVector }
    } else if squared > Self.longestSquared {
      throw .tooLong
    }
    return squared.squareRoot()
  }

  /// (‖a‖ + ‖b‖)² ≤ 4 max(‖a‖, ‖b‖)²: with this bound no squared distance and no partial sum of a product overflows.
  private static var longestSquared: Double { Double(Float.greatestFiniteMagnitude) / 8 }
}
