extension Metric {
  /// The distance of two vectors of `count` float32 values, summed in double precision and rounded once. Either may be
  /// unaligned, as blobs in SQLite's pages are.
  func distance(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, count: Int) -> Float {
    switch self {
    case .euclidean:
      let squared = Self.sum(a, b, count) { x, y in (x - y) * (x - y) }
      return Float(squared.squareRoot())
    case .cosine:
      let product = Self.sum(a, b, count) { x, y in x * y }
      let lengths = Self.sum(a, a, count) { x, y in x * y } * Self.sum(b, b, count) { x, y in x * y }
      return Float(min(max(1 - product / lengths.squareRoot(), 0), 2))
    case .dot:
      // Not the sum's negative: that of zero is -0.
      return Float(0 - Self.sum(a, b, count) { x, y in x * y })
    }
  }

  /// The distance of two vectors of the same length.
  func distance(_ a: [Float], _ b: [Float]) -> Float {
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
        return distance(first, second, count: min(a.count, b.count) / 4)
      }
    }
  }

  @inline(__always)
  private static func sum(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int,
    _ term: (SIMD4<Double>, SIMD4<Double>) -> SIMD4<Double>
  ) -> Double {
    var even = SIMD4<Double>.zero
    var odd = SIMD4<Double>.zero
    var index = 0
    while index + 8 <= count {
      even += term(load(a, index), load(b, index))
      odd += term(load(a, index + 4), load(b, index + 4))
      index += 8
    }
    while index < count {
      let x = SIMD4<Double>(Double(a.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)), 0, 0, 0)
      let y = SIMD4<Double>(Double(b.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)), 0, 0, 0)
      even += term(x, y)
      index += 1
    }
    return (even + odd).sum()
  }

  @inline(__always)
  private static func load(_ start: UnsafeRawPointer, _ index: Int) -> SIMD4<Double> {
    SIMD4<Double>(start.loadUnaligned(fromByteOffset: 4 * index, as: SIMD4<Float>.self))
  }
}

extension Metric {
  /// The size of the numbers that a distance is the difference of: what rounding errors are measured against.
  func scale(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, count: Int) -> Float {
    let product = Metric.dot
    let first = -product.distance(a, a, count: count)
    let second = -product.distance(b, b, count: count)
    return switch self {
    case .euclidean: first.squareRoot() + second.squareRoot()
    case .cosine: 1
    case .dot: first.squareRoot() * second.squareRoot()
    }
  }
}
