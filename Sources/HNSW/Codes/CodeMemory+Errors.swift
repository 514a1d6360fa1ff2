extension CodeMemory {
  /// How far a node may be nearer than its code says: so many standard deviations of what the two residuals have in common, and
  /// of what rounding does.
  ///
  /// - Parameters:
  ///   - residual: of the node, like its unit.
  ///   - bound: a key about as great as that of the node.
  @inline(__always)
  func doubt(residual: Float, unit: Float, _ query: CodedQuery, bound: Float) -> Float {
    // A hundredth for what else is not exact: the directions are orthonormal to within 1 %.
    Self.deviations * residualSpread * query.residual * residual
      + max(Self.deviations * rounding(unit, query.unit, bound: bound), 0.01 * abs(bound))
  }

  /// Fewer leave out one of a thousand neighbours for ever, however long the beam; more compare vectors for nothing.
  private static let deviations: Float = 4

  /// The standard deviation of what rounding does to a key.
  ///
  /// With n̂ = n + e and q̂ = q + f the keys by codes of squared distances are
  ///
  ///     (‖n̂‖² − ‖e‖²) + (‖q̂‖² − ‖f‖²) − 2 n̂ · q̂ = ‖n − q‖² + 2 (e − f) · (n − q) − 2 e · f
  ///
  /// and e and f are as good as random, of variance unit² / 12 in each of the coordinates. How long the vectors are makes no
  /// difference to near ones, but that their units are greater. Keys of inner products are wrong by e · q + n · f;
  /// coordinates that were turned at random are about normal, so that their length is about a third of 127 units in each, of
  /// wide ones what ``Projection/Widths/wideLength`` says in all.
  @inline(__always)
  private func rounding(_ node: Float, _ query: Float, bound: Float) -> Float {
    let coordinates = Float(nodeDimension)
    if weight == 1 {
      let squared = isWide ? Projection.Widths.wideLength * Projection.Widths.wideLength : 42 * 42 * coordinates
      return node * query * (squared / 6).squareRoot()
    }
    return Self.rounding(of: max(bound, 0), node, query, coordinates: coordinates)
  }

  /// The standard deviation of what rounding does to a squared distance, if units are these.
  @inline(__always)
  static func rounding(of squared: Float, _ a: Float, _ b: Float, coordinates: Float) -> Float {
    ((squared * (a * a + b * b) + a * a * b * b * coordinates / 12) / 3).squareRoot()
  }
}
