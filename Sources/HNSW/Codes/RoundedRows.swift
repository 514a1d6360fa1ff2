import CKernels

/// Rows rounded to int8, each with a scale of its own: products of them are exact integers, fast, and the same on every CPU.
///
/// `@unchecked Sendable`: its memory is written when it is made, then never again.
final class RoundedRows: @unchecked Sendable {
  let count: Int
  /// Values in a row: as many as were given, rounded up to what kernels take; zero behind those given.
  private let columns: Int
  private let values: UnsafeMutablePointer<Int8>
  /// What one unit of a row is worth.
  private let scales: UnsafeMutablePointer<Float>
  /// The squared length of each row as it is rounded.
  let squaredLengths: [Float]
  /// 128 times the sum of a row.
  private let biases: UnsafeMutablePointer<Int32>
  private let kernels: ck_code_kernels

  /// - Parameter row: writes a row of so many values.
  init(
    count: Int, dimension: Int, kernels: ck_code_kernels, row: (Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    self.count = count
    self.kernels = kernels
    columns = (dimension + 15) & ~15
    values = .allocate(capacity: count * columns)
    scales = .allocate(capacity: count)
    biases = .allocate(capacity: count)
    let exact = UnsafeMutablePointer<Float>.allocate(capacity: dimension)
    exact.initialize(repeating: 0, count: dimension)
    defer { exact.deallocate() }
    values.initialize(repeating: 0, count: count * columns)
    for r in 0..<count {
      row(r, exact)
      let place = values + r * columns
      (scales + r).initialize(to: ck_round_to_int8(exact, dimension, place))
      (biases + r).initialize(to: 128 * (0..<dimension).reduce(Int32(0)) { $0 + Int32(place[$1]) })
    }
    let (values, scales, biases, columns) = (values, scales, biases, columns)
    squaredLengths = (0..<count).map { r in
      let row = values + r * columns
      return Float(kernels.code_dot(row, row, columns, biases[r])) * (scales[r] * scales[r])
    }
  }

  convenience init(_ rows: [[Float]], dimension: Int, kernels: ck_code_kernels) {
    self.init(count: rows.count, dimension: dimension, kernels: kernels) { r, place in
      for i in 0..<dimension { place[i] = rows[r][i] }
    }
  }

  deinit {
    values.deallocate()
    scales.deallocate()
    biases.deallocate()
  }

  /// The inner products of all rows with one row of `other`, which has as many columns.
  func products(with row: Int, of other: RoundedRows) -> [Float] {
    let (query, bias, scale) = (other.values + row * columns, other.biases[row], other.scales[row])
    return [Float](unsafeUninitializedCapacity: count) { out, written in
      for r in 0..<count {
        out[r] = Float(kernels.code_dot(values + r * columns, query, columns, bias)) * (scales[r] * scale)
      }
      written = count
    }
  }

  /// The inner products of all rows with another row, rounded for it.
  func products(with row: [Float]) -> [Float] {
    products(with: 0, of: RoundedRows([row], dimension: row.count, kernels: kernels))
  }
}

/// Differences between near vectors, `[count, dimension]`, rounded by rows and by columns.
struct Differences {
  private let rows: RoundedRows
  private let columns: RoundedRows
  private let dimension: Int
  private let kernels: ck_code_kernels

  var count: Int { rows.count }

  init(_ differences: [[Float]], dimension: Int, kernels: ck_code_kernels) {
    rows = RoundedRows(differences, dimension: dimension, kernels: kernels)
    columns = RoundedRows(count: dimension, dimension: differences.count, kernels: kernels) { c, place in
      for r in differences.indices { place[r] = differences[r][c] }
    }
    self.dimension = dimension
    self.kernels = kernels
  }

  /// The directions, multiplied by the differences' matrix of second moments.
  func spread(along directions: [[Float]], threads: Int) -> [[Float]] {
    let (rows, columns) = (rows, columns)
    let before = RoundedRows(directions, dimension: dimension, kernels: kernels)
    return Parallel.map(directions.count, threads: threads, grain: 1) { i in
      let along = rows.products(with: i, of: before)
      return columns.products(with: along)
    }
  }

  /// The part of the differences, taken to be of unit length, that lies in the span of the first one, two, … of
  /// orthonormal directions.
  func shares(in directions: [[Float]]) -> [Float] {
    let rounded = RoundedRows(directions, dimension: dimension, kernels: kernels)
    var sum: Float = 0
    return directions.indices.map { i in
      for along in rows.products(with: i, of: rounded) { sum += along * along }
      return count > 0 ? sum / Float(count) : 1
    }
  }
}
