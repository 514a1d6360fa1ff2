import Foundation
import Networks

/// Vectors of the same words from several sources, joined into one.
///
/// Each source's rows are scaled to length 1 and to the source's weight and stand end to end, so that the cosine of two joined
/// vectors is the weighted mean of the sources' cosines. The joined rows are then turned onto the directions in which
/// they have the largest sum of squares, of which as many are kept as a vector is to have values.
struct WordJoin {
  /// One source.
  struct Source {
    /// `[words, width]`.
    var rows: [Float]
    var width: Int
    /// The share of its squared length in the joined vector's.
    var weight: Double
  }

  private var columns: Matrix
  private let words: Int

  init(_ sources: [Source], words: Int) {
    self.words = words
    columns = Matrix(rows: sources.reduce(0) { $0 + $1.width }, columns: words)
    var first = 0
    for source in sources {
      for word in 0..<words {
        let row = source.rows[word * source.width..<(word + 1) * source.width]
        let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        // A word that a source knows nothing of has nothing from it.
        let scale = length > 0 ? source.weight.squareRoot() / length : 0
        for (i, value) in row.enumerated() { columns.values[(first + i) * words + word] = Double(value) * scale }
      }
      first += source.width
    }
  }

  /// The joined vectors, `[words, dimension]`.
  ///
  /// - Throws: `BaselineError` where LAPACK finds no directions.
  func vectors(dimension: Int) throws -> [Float] {
    let kept = min(dimension, columns.rows)
    let turned = try columns.gram().symmetricEigen(largest: kept).vectors.times(columns)
    var vectors = [Float](repeating: 0, count: words * dimension)
    for k in 0..<kept {
      for word in 0..<words { vectors[word * dimension + k] = Float(turned.values[k * words + word]) }
    }
    return vectors
  }
}
