import Foundation
import Networks

extension CoOccurrence {
  /// The leading left singular vectors and singular values, by subspace iteration from a random start (Halko,
  /// Martinsson & Tropp 2011).
  ///
  /// - Returns: `vectors`, a row a word of `count` values, and `values`, largest first.
  /// - Throws: `BaselineError` where the matrix has fewer directions; `Deadline.Passed`.
  func components(
    _ wanted: Int, seed: UInt64, workers: Workers, iterations: Int = 4, by deadline: Deadline? = nil
  ) throws -> (vectors: [Float], values: [Double]) {
    let kept = min(wanted, count)
    // Some more than wanted make the last ones exact; rows are walked 16 values at a time.
    let width = min((kept + 16 + 15) / 16 * 16, max(16, count / 16 * 16))
    guard kept <= width, width <= count else {
      throw BaselineError("\(count) words have fewer than \(wanted) directions: ask for fewer")
    }
    var random = SeededRandom(seed: seed).split(0x7376_64)
    var block = (0..<count * width).map { _ in Float(random.normal()) }
    block = try orthonormal(information.product(block, width: width, workers), width: width)
    for _ in 0..<iterations {
      try deadline?.check()
      block = try orthonormal(transposed.product(block, width: width, workers), width: width)
      try deadline?.check()
      block = try orthonormal(information.product(block, width: width, workers), width: width)
    }
    try deadline?.check()
    // With Q's columns orthonormal, A ≈ Q (AᵀQ)ᵀ, and (AᵀQ)ᵀ(AᵀQ) has the squares of the singular values.
    let inner = Self.columns(transposed.product(block, width: width, workers), width: width).gram()
    let eigen = try inner.symmetricEigen(largest: kept)
    let rotated = eigen.vectors.times(Self.columns(block, width: width))
    var vectors = [Float](repeating: 0, count: count * kept)
    for word in 0..<count {
      for k in 0..<kept { vectors[word * kept + k] = Float(rotated.values[k * count + word]) }
    }
    return (vectors, eigen.values.map { max(0, $0).squareRoot() })
  }

  /// The columns made orthonormal: Y V Λ^(-1/2) with YᵀY = V Λ Vᵀ.
  private func orthonormal(_ block: [Float], width: Int) throws -> [Float] {
    let columns = Self.columns(block, width: width)
    let eigen = try columns.gram().symmetricEigen(largest: width)
    guard let largest = eigen.values.first, largest > 0, eigen.values[width - 1] > largest * 1e-13 else {
      throw BaselineError("the words' neighbourhoods have fewer than \(width) directions: ask for fewer")
    }
    let rotated = eigen.vectors.times(columns)
    var result = [Float](repeating: 0, count: block.count)
    for k in 0..<width {
      let scale = 1 / eigen.values[k].squareRoot()
      for row in 0..<count { result[row * width + k] = Float(rotated.values[k * count + row] * scale) }
    }
    return result
  }

  private static func columns(_ block: [Float], width: Int) -> Matrix {
    let rows = block.count / width
    var matrix = Matrix(rows: width, columns: rows)
    for row in 0..<rows {
      for k in 0..<width { matrix.values[k * rows + row] = Double(block[row * width + k]) }
    }
    return matrix
  }
}
