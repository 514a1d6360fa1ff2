import CLapack

/// A dense double-precision matrix, row after row.
struct Matrix: Sendable {
  let rows: Int
  let columns: Int
  var values: [Double]

  init(rows: Int, columns: Int, values: [Double]) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
  }

  var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result.values[column * rows + row] = values[row * columns + column] }
    }
    return result
  }

  func row(_ index: Int) -> ArraySlice<Double> {
    values[(index * columns)..<((index + 1) * columns)]
  }

  /// The product with `other` `[columns, n]`.
  func times(_ other: Matrix) -> Matrix {
    var result = Matrix(rows: rows, columns: other.columns)
    clapack_product(Int32(rows), Int32(other.columns), Int32(columns), values, other.values, &result.values)
    return result
  }

  /// The product with the transpose of `other` `[n, columns]`.
  func times(transposed other: Matrix) -> Matrix {
    times(other.transposed)
  }

  /// The product with its own transpose, `[rows, rows]`.
  func gram() -> Matrix {
    var result = Matrix(rows: rows, columns: rows)
    clapack_gram(Int32(rows), Int32(columns), values, &result.values)
    return result
  }

  /// The largest `count` eigenvalues of a symmetric matrix, largest first, and the unit eigenvectors as rows.
  func symmetricEigen(largest count: Int) throws -> (values: [Double], vectors: Matrix) {
    var copy = values
    var eigenvalues = [Double](repeating: 0, count: rows)
    var vectors = [Double](repeating: 0, count: count * rows)
    let info = clapack_symmetric_eigen(Int32(rows), &copy, Int32(count), &eigenvalues, &vectors)
    guard info == 0 else {
      throw BaselineError("the eigenvalues of a \(rows)×\(rows) matrix were not found (LAPACK says \(info))")
    }
    return (eigenvalues.prefix(count).reversed(), Matrix(rows: count, columns: rows, values: vectors).flipped)
  }

  /// All solutions of self x = λ b x, largest λ first, the x as rows with xᵀ b x = 1; `b` is positive definite.
  func generalizedEigen(_ b: Matrix) throws -> (values: [Double], vectors: Matrix) {
    var (vectors, copy) = (values, b.values)
    var eigenvalues = [Double](repeating: 0, count: rows)
    let info = clapack_generalized_eigen(Int32(rows), &vectors, &copy, &eigenvalues)
    guard info == 0 else {
      throw BaselineError("the discriminant directions were not found (LAPACK says \(info)): are all images alike?")
    }
    return (eigenvalues.reversed(), Matrix(rows: rows, columns: rows, values: vectors).flipped)
  }

  private var flipped: Matrix {
    Matrix(rows: rows, columns: columns, values: (0..<rows).reversed().flatMap { row($0) })
  }
}

/// Inputs `[n, features]` as they come from the preprocessing.
struct FeatureRows: Sendable {
  let count: Int
  let features: Int
  private let values: [Float]

  init(_ values: [Float], features: Int) {
    self.features = features
    self.values = values
    count = values.count / features
  }

  func mean() -> [Double] {
    var sum = [Double](repeating: 0, count: features)
    for row in 0..<count {
      for column in 0..<features { sum[column] += Double(values[row * features + column]) }
    }
    return sum.map { $0 / Double(count) }
  }

  func centred(on mean: [Double]) -> Matrix {
    var result = Matrix(rows: count, columns: features)
    for row in 0..<count {
      for column in 0..<features {
        result.values[row * features + column] = Double(values[row * features + column]) - mean[column]
      }
    }
    return result
  }
}
