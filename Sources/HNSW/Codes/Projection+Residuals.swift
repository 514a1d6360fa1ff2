import CKernels

/// What directions leave out of two vectors: squared lengths and product, from which those along the directions are taken.
struct LeftOut {
  private var (xx, yy, xy): (Double, Double, Double)

  /// All of two vectors.
  init(xx: Double, yy: Double, xy: Double) { (self.xx, self.yy, self.xy) = (xx, yy, xy) }

  /// ‖x − y‖² of what is left.
  var squaredDistance: Double { xx + yy - 2 * xy }

  /// The product of the lengths of what is left; nil where nothing is left of one.
  var lengths: Double? { xx > 0 && yy > 0 ? (xx * yy).squareRoot() : nil }

  /// The cosine between what is left; nil where nothing is left of one.
  var cosine: Double? { lengths.map { min(max(xy / $0, -1), 1) } }

  /// Takes what lies along one more direction: the vectors' coordinates there.
  mutating func remove(_ x: Double, _ y: Double) {
    xx -= x * x
    yy -= y * y
    xy -= x * y
  }
}

/// Stored rows and rows near to them.
///
/// `@unchecked Sendable`: nobody writes stored rows while a projection is learned.
struct NearPairs: @unchecked Sendable {
  private let pairs: [(UnsafePointer<Float>, UnsafePointer<Float>)]

  init(_ pairs: [(UnsafePointer<Float>, UnsafePointer<Float>)]) { self.pairs = pairs }

  var count: Int { pairs.count }

  subscript(_ i: Int) -> (UnsafePointer<Float>, UnsafePointer<Float>) { pairs[i] }

  /// The first of them.
  func prefix(_ count: Int) -> NearPairs { NearPairs(Array(pairs.prefix(count))) }

  /// What `body` makes of each.
  func map<Result>(_ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Result) -> [Result] { pairs.map(body) }
}

extension Projection {
  /// How much the keys of near vectors are blurred by what directions leave out of both: the standard deviation of twice its
  /// product, less what it has in common on the average, in units of their mean squared distance.
  ///
  /// - Parameter directions: orthonormal.
  static func blur(
    of pairs: NearPairs, around centre: [Float], by directions: ArraySlice<[Float]>, threads: Int
  ) -> Double {
    let dimension = centre.count
    let measured = Parallel.map(pairs.count, threads: threads) { i in
      let dot = ck_kernels_of(CK_BASELINE)!.pointee.dot
      let (a, b) = pairs[i]
      let x = (0..<dimension).map { a[$0] - centre[$0] }
      let y = (0..<dimension).map { b[$0] - centre[$0] }
      func product(_ a: [Float], _ b: [Float]) -> Double { Double(dot(a, b, dimension)) }
      var rest = LeftOut(xx: product(x, x), yy: product(y, y), xy: product(x, y))
      let distance = rest.squaredDistance
      for direction in directions { rest.remove(product(x, direction), product(y, direction)) }
      return (distance: distance, rest: rest)
    }
    let distances = measured.reduce(0) { $0 + $1.distance }
    let left = measured.compactMap { pair in
      pair.rest.lengths.flatMap { lengths in pair.rest.cosine.map { (lengths: lengths, cosine: $0) } }
    }
    guard distances > 0, !left.isEmpty else { return 0 }
    let mean = meanAndDeviation(left.map(\.cosine)).mean
    let squared = left.reduce(0) { sum, pair in
      let error = 2 * pair.lengths * (pair.cosine - mean)
      return sum + error * error
    }
    return (squared / Double(left.count)).squareRoot() / (distances / Double(pairs.count))
  }

  /// The share of near pairs whose squared distances by codes of 8 bits are wrong by more than a tenth, by a standard deviation of
  /// what rounding does (``CodeMemory/rounding(of:_:_:coordinates:)``).
  func shareRoundedAway(of pairs: NearPairs, threads: Int) -> Double {
    guard pairs.count > 0 else { return 0 }
    let wrong = coordinates(of: pairs, threads: threads) { [self] a, b, x, y in
      func unit(_ coordinates: UnsafePointer<Float>) -> Float {
        (0..<nodeDimension).reduce(0) { max($0, abs(coordinates[$1])) } / 127
      }
      var squared: Float = 0
      for i in 0..<dimension { squared += (a[i] - b[i]) * (a[i] - b[i]) }
      let error = CodeMemory.rounding(of: squared, unit(x), unit(y), coordinates: Float(nodeDimension))
      return error > 0.1 * squared
    }
    return Double(wrong.count(where: \.self)) / Double(pairs.count)
  }

  /// Learns how alike the parts of near vectors are that the projection leaves out.
  func measureResiduals(of pairs: NearPairs, threads: Int) {
    let cosines = coordinates(of: pairs, threads: threads) { [self] a, b, x, y in
      var (xx, yy, xy) = (0.0, 0.0, 0.0)
      for i in 0..<dimension {
        let (x, y) = (Double(a[i] - mean[i]), Double(b[i] - mean[i]))
        xx += x * x
        yy += y * y
        xy += x * y
      }
      var rest = LeftOut(xx: xx, yy: yy, xy: xy)
      func remove(_ range: Range<Int>) { for i in range { rest.remove(Double(x[i]), Double(y[i])) } }
      remove(0..<edgeColumns)
      let outside = rest.cosine
      remove(edgeColumns..<nodeDimension)
      return (outside: outside, residual: rest.cosine)
    }
    outsideCosine = Float(Self.meanAndDeviation(cosines.compactMap(\.outside)).mean)
    let residual = Self.meanAndDeviation(cosines.compactMap(\.residual))
    residualCosine = Float(residual.mean)
    residualSpread = Float(residual.deviation)
  }

  /// What `body` makes of each pair and the coordinates of both.
  private func coordinates<Result>(
    of pairs: NearPairs, threads: Int,
    _ body:
      @Sendable (
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>
      ) -> Result
  ) -> [Result] {
    Parallel.map(pairs.count, threads: threads) { [self] i in
      let buffers = ProjectionBuffers(dimension: dimension)
      let coordinates = UnsafeMutablePointer<Float>.allocate(capacity: 2 * nodeDimension)
      defer {
        buffers.deallocate()
        coordinates.deallocate()
      }
      let (a, b) = pairs[i]
      apply(to: a, buffers: buffers, into: coordinates)
      apply(to: b, buffers: buffers, into: coordinates + nodeDimension)
      return body(a, b, coordinates, coordinates + nodeDimension)
    }
  }

  private static func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double) {
    guard !values.isEmpty else { return (0, 0) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, variance.squareRoot())
  }
}
