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

extension Projection {
  /// How much the keys of near vectors are blurred by what directions leave out of both: the standard deviation of twice its
  /// product, less what it has in common on the average, in units of their mean squared distance.
  ///
  /// - Parameter directions: orthonormal.
  static func blur(
    of pairs: some Collection<(UnsafePointer<Float>, UnsafePointer<Float>)>, around centre: [Float],
    by directions: ArraySlice<[Float]>
  ) -> Double {
    let dot = ck_kernels_of(CK_BASELINE)!.pointee.dot
    let dimension = centre.count
    var left: [(lengths: Double, cosine: Double)] = []
    var distances = 0.0
    for (a, b) in pairs {
      let x = (0..<dimension).map { a[$0] - centre[$0] }
      let y = (0..<dimension).map { b[$0] - centre[$0] }
      func product(_ a: [Float], _ b: [Float]) -> Double { Double(dot(a, b, dimension)) }
      var rest = LeftOut(xx: product(x, x), yy: product(y, y), xy: product(x, y))
      distances += rest.squaredDistance
      for direction in directions { rest.remove(product(x, direction), product(y, direction)) }
      if let lengths = rest.lengths, let cosine = rest.cosine { left.append((lengths, cosine)) }
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
  func shareRoundedAway(of pairs: [(UnsafePointer<Float>, UnsafePointer<Float>)]) -> Double {
    guard !pairs.isEmpty else { return 0 }
    let buffers = ProjectionBuffers(dimension: dimension)
    let coordinates = UnsafeMutablePointer<Float>.allocate(capacity: nodeDimension)
    defer {
      buffers.deallocate()
      coordinates.deallocate()
    }
    func unit(_ row: UnsafePointer<Float>) -> Float {
      apply(to: row, buffers: buffers, into: coordinates)
      return (0..<nodeDimension).reduce(0) { max($0, abs(coordinates[$1])) } / 127
    }
    let wrong = pairs.count { a, b in
      var squared: Float = 0
      for i in 0..<dimension { squared += (a[i] - b[i]) * (a[i] - b[i]) }
      let error = CodeMemory.rounding(of: squared, unit(a), unit(b), coordinates: Float(nodeDimension))
      return error > 0.1 * squared
    }
    return Double(wrong) / Double(pairs.count)
  }

  /// Learns how alike the parts of near vectors are that the projection leaves out.
  func measureResiduals(of pairs: [(UnsafePointer<Float>, UnsafePointer<Float>)]) {
    let buffers = ProjectionBuffers(dimension: dimension)
    let coordinates = UnsafeMutablePointer<Float>.allocate(capacity: 2 * nodeDimension)
    defer {
      buffers.deallocate()
      coordinates.deallocate()
    }
    var outside: [Double] = []
    var residual: [Double] = []
    for (a, b) in pairs {
      apply(to: a, buffers: buffers, into: coordinates)
      apply(to: b, buffers: buffers, into: coordinates + nodeDimension)
      var (xx, yy, xy) = (0.0, 0.0, 0.0)
      for i in 0..<dimension {
        let (x, y) = (Double(a[i] - mean[i]), Double(b[i] - mean[i]))
        xx += x * x
        yy += y * y
        xy += x * y
      }
      var rest = LeftOut(xx: xx, yy: yy, xy: xy)
      func remove(_ range: Range<Int>) {
        for i in range { rest.remove(Double(coordinates[i]), Double(coordinates[nodeDimension + i])) }
      }
      remove(0..<edgeColumns)
      if let cosine = rest.cosine { outside.append(cosine) }
      remove(edgeColumns..<nodeDimension)
      if let cosine = rest.cosine { residual.append(cosine) }
    }
    outsideCosine = Float(Self.meanAndDeviation(outside).mean)
    let (mean, deviation) = Self.meanAndDeviation(residual)
    residualCosine = Float(mean)
    residualSpread = Float(deviation)
  }

  private static func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double) {
    guard !values.isEmpty else { return (0, 0) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, variance.squareRoot())
  }
}
