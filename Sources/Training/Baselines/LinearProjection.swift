/// A linear embedding fitted to data: y = W (x − mean), which is a one-layer network with weights W and a bias.
public struct LinearProjection: Sendable, Hashable {
  /// The number of values of an input.
  public let features: Int

  /// The number of values of an embedding.
  public let dimension: Int

  /// The mean of the inputs it was fitted on, `[features]`.
  public let mean: [Float]

  /// W, `[dimension, features]` row after row, the most telling direction first. The component of largest magnitude in
  /// every row is positive, so that the same data give the same signs everywhere.
  public let matrix: [Float]

  /// What the fit ordered the rows by, `[dimension]`: variances for PCA, ratios of the scatter between identities to
  /// the scatter within them for LDA.
  public let eigenvalues: [Double]

  /// The share of all variance that each row explains (PCA) or of the between-to-within ratio of all kept rows (LDA),
  /// `[dimension]`.
  public let explained: [Double]

  /// −W mean, `[dimension]`: y = W x + bias.
  public let bias: [Float]

  init(mean: [Double], rows: [[Double]], eigenvalues: [Double], explained: [Double]) {
    features = mean.count
    dimension = rows.count
    let signed = rows.map { row in
      let largest = row.max { abs($0) < abs($1) } ?? 0
      return largest < 0 ? row.map { -$0 } : row
    }
    self.mean = mean.map { Float($0) }
    matrix = signed.flatMap { $0.map { Float($0) } }
    bias = signed.map { row in Float(-zip(row, mean).reduce(0) { $0 + $1.0 * $1.1 }) }
    self.eigenvalues = eigenvalues
    self.explained = explained
  }

  /// Embeds `[n, features]` inputs that lie row after row; returns `[n, dimension]`.
  ///
  /// Throws ``BaselineError`` when the inputs are not whole rows.
  public func project(_ rows: [Float]) throws -> [Float] {
    guard rows.count % features == 0 else {
      throw BaselineError("\(rows.count) values are not rows of \(features): prepare the pictures as for the fit")
    }
    let inputs = FeatureRows(rows, features: features)
    let centred = inputs.centred(on: mean.map { Double($0) })
    return centred.times(transposed: Matrix(rows: dimension, columns: features, values: matrix.map { Double($0) }))
      .values.map { Float($0) }
  }
}
