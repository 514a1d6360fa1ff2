import Foundation
import Networks

/// Vectors of the same words from several sources, joined into one.
///
/// Each source's rows, less what the most frequent words have in common (Mu & Viswanath 2018), are scaled to length 1 and to
/// the source's weight and stand end to end, so that the cosine of two joined vectors is the weighted mean of the sources'
/// cosines. The joined rows are then turned onto the directions in which they have the largest sum of squares, of which as
/// many are kept as a vector is to have values. Each is divided by a power of that sum: without, the few largest
/// directions, which tell topics apart, drown the others.
struct WordJoin {
  /// One source.
  struct Source {
    /// `[words, width]`.
    var rows: [Float]
    var width: Int
    /// The share of its squared length in the joined vector's.
    var weight: Double
  }

  /// Rarer words have no say in what is common to all.
  private static let mostCommon = 20_000
  /// The power of a direction's sum of squares that it is divided by: 0 leaves all as they are, 1/2 makes all alike.
  private static let softening = 0.15

  private var columns: Matrix
  private let words: Int

  init(_ sources: [Source], words: Int) {
    self.words = words
    columns = Matrix(rows: sources.reduce(0) { $0 + $1.width }, columns: words)
    var first = 0
    for source in sources {
      let common = Self.common(source)
      for word in 0..<words {
        let row = source.rows[word * source.width..<(word + 1) * source.width]
        // A word that a source knows nothing of has nothing from it.
        guard let scale = Self.scale(of: row) else { continue }
        let own = zip(row, common).map { Double($0) * scale - $1 }
        let length = own.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { continue }
        let weight = source.weight.squareRoot() / length
        for (i, value) in own.enumerated() { columns.values[(first + i) * words + word] = value * weight }
      }
      first += source.width
    }
  }

  /// What makes a row's length 1; nil where it has none.
  private static func scale(of row: ArraySlice<Float>) -> Double? {
    let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length > 0 ? 1 / length : nil
  }

  /// The mean direction of the most frequent words.
  private static func common(_ source: Source) -> [Double] {
    var (sum, count) = ([Double](repeating: 0, count: source.width), 0.0)
    for start in stride(from: 0, to: min(source.rows.count, mostCommon * source.width), by: source.width) {
      let row = source.rows[start..<start + source.width]
      guard let scale = scale(of: row) else { continue }
      for (i, value) in row.enumerated() { sum[i] += Double(value) * scale }
      count += 1
    }
    return sum.map { $0 / max(1, count) }
  }

  /// The joined vectors, `[words, dimension]`.
  ///
  /// - Throws: `BaselineError` where LAPACK finds no directions.
  func vectors(dimension: Int) throws -> [Float] {
    let kept = min(dimension, columns.rows)
    let directions = try columns.gram().symmetricEigen(largest: kept)
    let turned = directions.vectors.times(columns)
    let largest = directions.values.first ?? 0
    var vectors = [Float](repeating: 0, count: words * dimension)
    for k in 0..<kept {
      let share = largest > 0 ? directions.values[k] / largest : 0
      // Directions that are rounding errors stay small.
      let scale = share > 1e-9 ? pow(share, -Self.softening) : 1
      for word in 0..<words { vectors[word * dimension + k] = Float(turned.values[k * words + word] * scale) }
    }
    return vectors
  }
}
