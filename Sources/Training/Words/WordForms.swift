import Foundation
import Networks

/// What the spelling of words says of their vectors: each word's vector as the sum of vectors of its parts, the runs of
/// 3 to 6 characters of the word between marks of its ends (the subwords of Bojanowski et al. 2017).
///
/// The parts' vectors are fitted to vectors that were trained before, by ridge regression: min ‖V − N G‖² + λ ‖G‖² with
/// the rows of N, a word's parts, of length 1. What is common to `-ly`, `un-` or `-ing` stays, what is one word's own
/// goes: N G has the grammar, V the meaning.
struct WordForms: Sendable {
  private let parts: SparseRows
  private let words: SparseRows

  private static let lengths = 3...6
  private static let ridge: Float = 0.1
  private static let iterations = 25

  /// Cuts words up. Parts that only one word has say nothing of others, and are left out.
  init(_ vocabulary: [String]) {
    var numbers: [String: Int32] = [:]
    var seen: [Int] = []
    var cut: [[Int32]] = []
    for word in vocabulary {
      let own = Set(Self.parts(of: word)).sorted().map { part -> Int32 in
        if let number = numbers[part] { return number }
        let number = Int32(seen.count)
        numbers[part] = number
        seen.append(0)
        return number
      }
      for part in own { seen[Int(part)] += 1 }
      cut.append(own)
    }
    var kept = [Int32](repeating: -1, count: seen.count)
    var count = 0
    for part in seen.indices where seen[part] > 1 {
      kept[part] = Int32(count)
      count += 1
    }
    var parts = SparseRows()
    for own in cut {
      let shared = own.map { kept[Int($0)] }.filter { $0 >= 0 }
      let value = 1 / Float(max(1, shared.count)).squareRoot()
      for part in shared { parts.append(part, value) }
      parts.endRow()
    }
    self.parts = parts
    words = parts.transposed(columns: count)
  }

  private static func parts(of word: String) -> [String] {
    let letters = Array("<" + word + ">")
    var parts: [String] = []
    for length in lengths where length < letters.count {
      for start in 0...letters.count - length { parts.append(String(letters[start..<start + length])) }
    }
    return parts
  }

  /// The part of the vectors that follows from spelling, `[words, width]` as `vectors`; conjugate gradients, a column each.
  ///
  /// - Parameters:
  ///   - vectors: a row a word.
  ///   - width: values a row, a multiple of 16.
  ///   - deadline: when it must be over; nil for whenever it is.
  /// - Throws: `Deadline.Passed`.
  func explained(
    _ vectors: [Float], width: Int, _ workers: Workers, by deadline: Deadline? = nil
  ) throws -> [Float] {
    var residual = words.product(vectors, width: width, workers)
    var solution = [Float](repeating: 0, count: residual.count)
    var direction = residual
    var squares = Self.columnProducts(residual, residual, width)
    for _ in 0..<Self.iterations {
      try deadline?.check()
      var image = words.product(parts.product(direction, width: width, workers), width: width, workers)
      for i in image.indices { image[i] += Self.ridge * direction[i] }
      let curvature = Self.columnProducts(direction, image, width)
      let step = (0..<width).map { curvature[$0] > 0 ? Float(squares[$0] / curvature[$0]) : 0 }
      for row in stride(from: 0, to: solution.count, by: width) {
        for i in 0..<width {
          solution[row + i] += step[i] * direction[row + i]
          residual[row + i] -= step[i] * image[row + i]
        }
      }
      let next = Self.columnProducts(residual, residual, width)
      let turn = (0..<width).map { squares[$0] > 0 ? Float(next[$0] / squares[$0]) : 0 }
      for row in stride(from: 0, to: direction.count, by: width) {
        for i in 0..<width { direction[row + i] = residual[row + i] + turn[i] * direction[row + i] }
      }
      squares = next
    }
    return parts.product(solution, width: width, workers)
  }

  private static func columnProducts(_ a: [Float], _ b: [Float], _ width: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    for row in stride(from: 0, to: a.count, by: width) {
      for i in 0..<width { sums[i] += Double(a[row + i]) * Double(b[row + i]) }
    }
    return sums
  }
}
