/// The principal components of pictures' features, each feature first scaled to like deviation.
///
/// In them ridge regression needs no inverse: with unit columns uₖ and ‖xₖ‖² = wₖ, what a regression sees of a target y
/// is Σ uₖ wₖ / (wₖ + λ) (uₖ · y).
struct PictureComponents {
  /// The most components that are kept.
  private static let most = 1_000
  /// λ as a share of the mean square of a picture's length.
  private static let penalty = 0.5
  /// Components whose square is this share of the first one's are noise.
  private static let smallest = 1e-9
  /// A feature that hardly varies counts as if its deviation had this share of the usual one added.
  private static let deviationFloor = 0.05

  /// Each picture's components, columns of unit length, `[n, components]`.
  let unit: Matrix
  /// wₖ / (wₖ + λ).
  let shares: [Double]
  private let squares: [Double]
  /// `[components, features]`, of unit length.
  private let directions: Matrix
  private let mean: [Double]
  private let deviations: [Double]

  /// Decomposes features `[n, features]`, on their smaller side.
  ///
  /// - Throws: ``BaselineError`` where they are all alike.
  init(_ rows: [Float], features: Int) throws {
    let inputs = FeatureRows(rows, features: features)
    mean = inputs.mean()
    var scaled = inputs.centred(on: mean)
    let count = scaled.rows
    var variances = [Double](repeating: 0, count: features)
    for row in 0..<count {
      for d in 0..<features { variances[d] += scaled.values[row * features + d] * scaled.values[row * features + d] }
    }
    for d in 0..<features { variances[d] /= Double(count) }
    let floor = Self.deviationFloor * (variances.reduce(0, +) / Double(features)).squareRoot()
    guard floor > 0 else { throw BaselineError("all \(count) pictures look the same to a tower: take others") }
    let deviations = variances.map { $0.squareRoot() + floor }
    for row in 0..<count {
      for d in 0..<features { scaled.values[row * features + d] /= deviations[d] }
    }
    self.deviations = deviations
    let usesGram = count <= features
    let side = (usesGram ? scaled : scaled.transposed).gram()
    let total = (0..<side.rows).reduce(0) { $0 + side.values[$1 * side.rows + $1] }
    let eigen = try side.symmetricEigen(largest: max(1, min(Self.most, count - 1, features)))
    let usable = eigen.values.prefix { $0 > eigen.values[0] * Self.smallest }.count
    squares = Array(eigen.values.prefix(usable))
    let lengths = squares.map { $0.squareRoot() }
    let vectors = Matrix(
      rows: usable, columns: side.rows, values: Array(eigen.vectors.values.prefix(usable * side.rows)))
    if usesGram {
      unit = vectors.transposed
      directions = vectors.times(scaled).scalingRows(by: lengths.map { 1 / $0 })
    } else {
      unit = vectors.times(transposed: scaled).scalingRows(by: lengths.map { 1 / $0 }).transposed
      directions = vectors
    }
    let ridge = Self.penalty * total / Double(count)
    shares = squares.map { $0 / ($0 + ridge) }
  }

  /// The layer that ridge regression gives for targets whose products with the unit columns are `products`,
  /// `[components, dimension]`: y = W x + b of raw features.
  func layer(_ products: Matrix) -> (weight: Matrix, bias: [Double]) {
    let factors = zip(shares, squares).map { $0 / $1.squareRoot() }
    var weight = products.scalingRows(by: factors).transposed.times(directions)
    var bias = [Double](repeating: 0, count: weight.rows)
    for row in 0..<weight.rows {
      for d in mean.indices {
        weight.values[row * mean.count + d] /= deviations[d]
        bias[row] -= weight.values[row * mean.count + d] * mean[d]
      }
    }
    return (weight, bias)
  }
}

extension Matrix {
  /// Each row times its factor.
  func scalingRows(by factors: [Double]) -> Matrix {
    var result = self
    for row in 0..<rows {
      for column in 0..<columns { result.values[row * columns + column] *= factors[row] }
    }
    return result
  }
}
