import CKernels

/// A few directions in which the vectors of a collection differ most, learned from the vectors themselves.
///
/// Neighbours of a graph are told apart by the differences between near vectors, and in what embedders make those lie mostly
/// in few directions: the leading eigenvectors of their covariance (principal components, Hotelling 1933). The first
/// `widths.edge` rows span the leading ones, the rows up to `widths.node` those after them. Within each of the
/// two groups the rows are turned at random, so that every coordinate carries as much as the next and the same few bits
/// do for all (as RaBitQ turns its vectors; Gao & Long, SIGMOD 2024).
///
/// Rows are int8 with a scale each: the projection is what those integers say, of orthonormal rows to within 1 %, and
/// gives the same bits on every CPU.
///
/// `@unchecked Sendable`: its memory is written while it is learned, then never again.
final class Projection: @unchecked Sendable {
  let dimension: Int
  let widths: Widths
  var nodeDimension: Int { widths.node }
  /// Where the rows after those for edges begin: rows between are zero.
  var edgeColumns: Int { widths.edgeColumns }
  /// Values in a row of the matrix: the dimension, rounded up to whole cache lines of bytes.
  let columns: Int
  let kernels: ck_code_kernels
  /// The cosine between what edges leave out of two near vectors, and what nodes do: means, and a standard deviation.
  var outsideCosine: Float = 0
  var residualCosine: Float = 0
  var residualSpread: Float = 0
  let mean: UnsafeMutablePointer<Float>
  let matrix: UnsafeMutablePointer<Int8>
  let rowSums: UnsafeMutablePointer<Int32>
  let rowScales: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - mean: `[dimension]`.
  ///   - rows: `[widths.node, dimension]`, orthonormal or zero.
  init(mean: [Float], rows: [[Float]], widths: Widths, stride: Int, kernels: ck_code_kernels) {
    dimension = mean.count
    self.widths = widths
    columns = (mean.count + 63) & ~63
    self.kernels = kernels
    self.mean = .allocate(capacity: stride)
    self.mean.initialize(repeating: 0, count: stride)
    matrix = UnsafeMutableRawPointer.allocate(byteCount: rows.count * columns, alignment: 64)
      .bindMemory(to: Int8.self, capacity: rows.count * columns)
    matrix.initialize(repeating: 0, count: rows.count * columns)
    rowSums = .allocate(capacity: rows.count)
    rowScales = .allocate(capacity: rows.count)
    for (i, value) in mean.enumerated() { self.mean[i] = value }
    for (r, row) in rows.enumerated() {
      let place = matrix + r * columns
      rowScales[r] = row.withUnsafeBufferPointer { ck_round_to_int8($0.baseAddress!, row.count, place) }
      rowSums[r] = 128 * (0..<columns).reduce(Int32(0)) { $0 + Int32(place[$1]) }
    }
  }

  deinit {
    mean.deallocate()
    matrix.deallocate()
    rowSums.deallocate()
    rowScales.deallocate()
  }

  /// Bytes held.
  var bytes: Int { nodeDimension * (columns + 8) + dimension * 4 }

  /// The squared length of what node codes leave out of a vector.
  ///
  /// - Parameters:
  ///   - whole: the squared length of the vector, less the mean.
  ///   - kept: that of its coordinates.
  func residual(whole: Double, kept: Double) -> Double {
    // Of all coordinates nothing is left; that directions are orthonormal to within 1 % only would be more than there
    // is between near vectors where wide codes are needed.
    nodeDimension >= dimension + edgeColumns - widths.edge ? 0 : max(whole - kept, 0)
  }

  /// The coordinates of a stored row, less the mean: `nodeDimension` numbers into `out`.
  func apply(to row: UnsafePointer<Float>, buffers: ProjectionBuffers, into out: UnsafeMutablePointer<Float>) {
    let unit = ck_fixed_point(row, mean, dimension, buffers.low, buffers.high)
    kernels.project(matrix, rowSums, nodeDimension, columns, buffers.low, buffers.high, out)
    for r in 0..<nodeDimension { out[r] *= rowScales[r] * unit }
  }
}

/// Memory for one projection at a time.
struct ProjectionBuffers {
  let low: UnsafeMutablePointer<UInt8>
  let high: UnsafeMutablePointer<UInt8>

  init(dimension: Int) {
    let columns = (dimension + 63) & ~63
    low = .allocate(capacity: columns)
    high = .allocate(capacity: columns)
    // Behind the dimension: zero.
    low.initialize(repeating: 0, count: columns)
    high.initialize(repeating: 128, count: columns)
  }

  func deallocate() {
    low.deallocate()
    high.deallocate()
  }
}
