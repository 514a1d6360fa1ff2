/// Principal component analysis; of faces, the eigenfaces of Turk and Pentland (1991).
public enum PrincipalComponents {
  /// Directions whose standard deviation is below this share of the first one are noise: squared, they drown in the
  /// rounding of the matrix.
  private static let smallestDeviation = 1e-6

  /// The largest covariance or Gram matrix that is decomposed, in rows: 1.5 GB of working memory.
  private static let largestSide = 8_192

  /// Fits the `dimension` directions of largest variance (the sum of squares divided by n).
  ///
  /// - Parameters:
  ///   - rows: `[n, features]`, row after row.
  ///   - features: the length of a row.
  ///   - dimension: how many directions to keep.
  ///   - keepingFewer: whether fewer are kept where the rows vary in fewer, as copies of a row make them.
  ///
  /// The covariance is decomposed on its smaller side: `[features, features]`, or `[n, n]` through the Gram matrix where
  /// there are fewer rows than features.
  ///
  /// Throws ``BaselineError`` for NaN or infinity, for fewer than two rows, and when the rows vary in fewer than
  /// `dimension` directions, and when there are more than 8,192 rows of more than 8,192 features.
  public static func fit(
    _ rows: [Float], features: Int, dimension: Int, keepingFewer: Bool = false
  ) throws -> LinearProjection {
    let inputs = try checked(rows, features: features, dimension: dimension)
    let mean = inputs.mean()
    let centred = inputs.centred(on: mean)
    let usesGram = inputs.count <= features
    let side = (usesGram ? centred : centred.transposed).gram()
    let total = (0..<side.rows).reduce(0) { $0 + side.values[$1 * side.rows + $1] }
    guard total > 0 else {
      throw BaselineError("all \(inputs.count) rows are the same: there is no direction in which they vary")
    }
    let eigen = try side.symmetricEigen(largest: dimension)
    let least = eigen.values[0] * smallestDeviation * smallestDeviation
    let usable = eigen.values.prefix { $0 > least }.count
    guard usable == dimension || keepingFewer && usable > 0 else {
      throw BaselineError("the \(inputs.count) rows vary in \(usable) directions, not \(dimension): ask for fewer")
    }
    let directions = usesGram ? scaled(eigen.vectors.times(centred), by: eigen.values) : eigen.vectors
    let variances = Array(eigen.values.prefix(usable))
    return LinearProjection(
      mean: mean, rows: (0..<usable).map { Array(directions.row($0)) },
      eigenvalues: variances.map { $0 / Double(inputs.count) }, explained: variances.map { $0 / total })
  }

  /// Rows Aᵀu of length √λ become unit vectors.
  private static func scaled(_ matrix: Matrix, by eigenvalues: [Double]) -> Matrix {
    var result = matrix
    for row in 0..<matrix.rows {
      let length = eigenvalues[row].squareRoot()
      for column in 0..<matrix.columns { result.values[row * matrix.columns + column] /= length }
    }
    return result
  }

  private static func checked(_ rows: [Float], features: Int, dimension: Int) throws -> FeatureRows {
    guard features > 0, rows.count % features == 0 else {
      throw BaselineError("\(rows.count) values are not rows of \(features): prepare all pictures alike")
    }
    let count = rows.count / features
    guard count >= 2 else {
      throw BaselineError("\(count) rows do not vary: give at least two")
    }
    let most = min(count - 1, features)
    guard dimension >= 1, dimension <= most else {
      throw BaselineError(
        "\(count) rows of \(features) values vary in at most \(most) directions, not \(dimension): ask for 1…\(most)")
    }
    guard min(count, features) <= largestSide else {
      throw BaselineError(
        "\(count) rows of \(features) values: one of the two must be at most \(largestSide): make the pictures smaller")
    }
    if let bad = rows.firstIndex(where: { !$0.isFinite }) {
      throw BaselineError("row \(bad / features) holds \(rows[bad]): leave that picture out")
    }
    return FeatureRows(rows, features: features)
  }
}
