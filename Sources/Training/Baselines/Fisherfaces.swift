/// Fisherfaces (Belhumeur, Hespanha and Kriegman 1997): principal components, then linear discriminant analysis.
public enum Fisherfaces {
  /// How far the scatter within identities is drawn towards a multiple of the identity matrix.
  private static let shrinkage = 1e-3

  /// Fits the `dimension` directions that separate identities best, in the space of the first `components` principal
  /// components.
  ///
  /// Directions solve S_b v = λ (S_w + s I) v with s = 0.001 × trace(S_w) / components, scaled so that the regularised
  /// scatter within identities is 1 along each.
  ///
  /// - Parameters:
  ///   - rows: `[n, features]`, row after row.
  ///   - features: the length of a row.
  ///   - labels: `[n]`, the identity of every row.
  ///   - components: how many principal components come first.
  ///   - dimension: how many directions to keep, below the number of identities.
  ///   - keepingFewer: whether fewer components and directions are kept where the rows vary in fewer.
  ///
  /// Throws ``BaselineError`` for what ``PrincipalComponents/fit(_:features:dimension:keepingFewer:)`` throws, for missing
  /// labels, when no identity has two rows, and when `dimension` exceeds `components` or the number of identities less one.
  public static func fit(
    _ rows: [Float], features: Int, labels: [Int], components: Int, dimension: Int, keepingFewer: Bool = false
  ) throws -> LinearProjection {
    guard features > 0, labels.count == rows.count / features else {
      throw BaselineError("\(labels.count) labels for \(features > 0 ? rows.count / features : 0) rows: one each")
    }
    let identities = Set(labels).count
    guard identities < labels.count else {
      throw BaselineError("every identity has a single row: nothing is known of the scatter within identities")
    }
    let most = min(components, identities - 1)
    guard dimension >= 1, dimension <= most else {
      throw BaselineError(
        "\(identities) identities in \(components) components differ in at most \(most) directions, not \(dimension)")
    }
    let principal = try PrincipalComponents.fit(
      rows, features: features, dimension: components, keepingFewer: keepingFewer)
    let components = principal.dimension
    let dimension = min(dimension, components)
    let basis = Matrix(rows: components, columns: features, values: principal.matrix.map { Double($0) })
    let mean = principal.mean.map { Double($0) }
    let projected = FeatureRows(rows, features: features).centred(on: mean).times(transposed: basis)
    let scatter = scatter(projected, labels)
    let eigen = try scatter.between.generalizedEigen(scatter.within)
    let kept = Matrix(
      rows: dimension, columns: components, values: Array(eigen.vectors.values.prefix(dimension * components)))
    let directions = kept.times(basis)
    let sum = eigen.values.prefix(dimension).reduce(0, +)
    return LinearProjection(
      mean: mean, rows: (0..<dimension).map { Array(directions.row($0)) },
      eigenvalues: Array(eigen.values.prefix(dimension)),
      explained: eigen.values.prefix(dimension).map { sum > 0 ? $0 / sum : 0 })
  }

  /// The scatter between identities, and the regularised scatter within them, of centred rows.
  private static func scatter(_ rows: Matrix, _ labels: [Int]) -> (between: Matrix, within: Matrix) {
    let size = rows.columns
    let groups = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }
    var within = rows
    var means = Matrix(rows: groups.count, columns: size)
    for (index, group) in groups.enumerated() {
      let count = Double(group.value.count)
      for column in 0..<size {
        let mean = group.value.reduce(0) { $0 + rows.values[$1 * size + column] } / count
        means.values[index * size + column] = mean * count.squareRoot()
        for row in group.value { within.values[row * size + column] -= mean }
      }
    }
    var scatter = within.transposed.gram()
    let trace = (0..<size).reduce(0) { $0 + scatter.values[$1 * size + $1] }
    for index in 0..<size { scatter.values[index * size + index] += shrinkage * trace / Double(size) }
    return (means.transposed.gram(), scatter)
  }
}
