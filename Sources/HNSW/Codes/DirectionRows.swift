import CKernels

/// Rows of numbers in one piece of memory, `[count, dimension]`, to be made orthonormal.
///
/// All arithmetic is of the portable kernels, in an order that does not depend on threads: the same bits on every CPU.
///
/// `@unchecked Sendable`: a row is written by one thread at a time, and read by others when it is done.
package final class DirectionRows: @unchecked Sendable {
  package let count: Int
  package let dimension: Int
  private let values: UnsafeMutablePointer<Float>
  private let kernels = ck_kernels_of(CK_BASELINE)!.pointee

  /// - Parameter rows: of one length.
  package init(_ rows: [[Float]]) {
    count = rows.count
    dimension = rows.first?.count ?? 0
    values = .allocate(capacity: count * dimension)
    for (i, row) in rows.enumerated() {
      row.withUnsafeBufferPointer { row in
        if let first = row.baseAddress { (values + i * dimension).initialize(from: first, count: dimension) }
      }
    }
  }

  deinit { values.deallocate() }

  /// The rows, as they are now.
  package var rows: [[Float]] {
    (0..<count).map { Array(UnsafeBufferPointer(start: row($0), count: dimension)) }
  }

  private func row(_ i: Int) -> UnsafeMutablePointer<Float> { values + i * dimension }

  // MARK: Gram–Schmidt

  /// Rows that are taken out of each other by one thread, once all rows before them were taken out by several.
  private static let panel = 16

  /// Makes the rows orthonormal, each in the span of itself and those before it (Gram–Schmidt by panels).
  ///
  /// What depends on the rows before it is replaced at random, as a sample of few different rows says nothing of the
  /// directions it does not have, and others may come. There must be at most as many rows as columns.
  ///
  /// - Parameter passes: twice is enough (Giraud, Langou & Rozložník, 2005) for rows that are orthogonal to within
  ///   rounding; once does for rows that go on to be changed.
  package func orthonormalize(passes: Int = 2, threads: Int, random: inout SequenceGenerator) {
    for start in stride(from: 0, to: count, by: Self.panel) {
      let end = min(start + Self.panel, count)
      for pass in 0..<passes {
        let before = Parallel.map(end - start, threads: threads, grain: 1) { [self] place in
          let before = squaredLength(start + place)
          takeOut(0..<start, of: start + place)
          return before
        }
        for i in start..<end {
          takeOut(start..<i, of: i)
          // Rows were of unit length before the second pass, and are almost so after it.
          if normalize(i, before: before[i - start]) || pass > 0 { continue }
          repeat {
            for c in 0..<dimension { row(i)[c] = random.normal() }
            let before = squaredLength(i)
            takeOut(0..<i, of: i)
            takeOut(0..<i, of: i)
            if normalize(i, before: before) { break }
          } while true
        }
      }
    }
  }

  private func squaredLength(_ i: Int) -> Float { kernels.dot(row(i), row(i), dimension) }

  /// Gives a row unit length.
  ///
  /// - Returns: false if next to nothing is left of it.
  private func normalize(_ i: Int, before: Float) -> Bool {
    let own = row(i)
    let length = squaredLength(i)
    guard before > 0, length > 1e-8 * before else { return false }
    let scale = 1 / length.squareRoot()
    for c in 0..<dimension { own[c] *= scale }
    return true
  }

  /// Takes what lies along orthonormal rows out of another row, four at a time.
  private func takeOut(_ others: Range<Int>, of i: Int) {
    let own = row(i)
    var along = SIMD4<Float>()
    var j = others.lowerBound
    while j + 4 <= others.upperBound {
      let (a, b, c, d) = (row(j), row(j + 1), row(j + 2), row(j + 3))
      withUnsafeMutablePointer(to: &along) {
        $0.withMemoryRebound(to: Float.self, capacity: 4) { kernels.dot_four(own, a, b, c, d, dimension, $0) }
      }
      let (x, y, z, w) = (along[0], along[1], along[2], along[3])
      for k in 0..<dimension { own[k] -= (x * a[k] + y * b[k]) + (z * c[k] + w * d[k]) }
      j += 4
    }
    while j < others.upperBound {
      let other = row(j)
      let x = kernels.dot(own, other, dimension)
      for k in 0..<dimension { own[k] -= x * other[k] }
      j += 1
    }
  }

  // MARK: Combinations

  /// The sums of the rows of a range by so many weights each.
  func combined(_ weights: DirectionRows, _ range: Range<Int>, threads: Int) -> [[Float]] {
    Parallel.map(weights.count, threads: threads, grain: 1) { [self] i in
      [Float](unsafeUninitializedCapacity: dimension) { sum, written in
        sum.initialize(repeating: 0)
        let weights = weights.row(i)
        for j in range {
          let (weight, source) = (weights[j - range.lowerBound], row(j))
          for k in 0..<dimension { sum[k] += weight * source[k] }
        }
        written = dimension
      }
    }
  }
}
