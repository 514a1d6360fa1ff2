import CLapack
import Foundation

/// Multinomial logistic regression on standardised features: how much of the labels a straight line can read off them.
///
/// Minimises Σ −log p(label) + ‖W‖² / (2 C), biases free, by L-BFGS (Liu & Nocedal 1989) from zero: no chance, no order
/// of rows, the same bits every time.
struct LinearProbe: Sendable {
  /// The inverse strength of the penalty, as scikit-learn counts it.
  static let inversePenalty = 0.1
  private static let mostSteps = 200
  private static let memory = 10

  private let mean: [Double]
  private let deviation: [Double]
  /// `[features + 1, classes]`, the biases last.
  private let weights: [Double]
  private let classes: Int

  /// Fits rows `[n, features]` of labels 0..<`classes`.
  init(_ rows: FeatureTable, labels: [Int], at chosen: [Int], classes: Int) {
    let features = rows.width
    var (mean, deviation) = ([Double](repeating: 0, count: features), [Double](repeating: 0, count: features))
    for row in chosen { for column in 0..<features { mean[column] += Double(rows[row, column]) } }
    for column in 0..<features { mean[column] /= Double(max(1, chosen.count)) }
    for row in chosen {
      for column in 0..<features {
        let value = Double(rows[row, column]) - mean[column]
        deviation[column] += value * value
      }
    }
    for column in 0..<features {
      let own = (deviation[column] / Double(max(1, chosen.count))).squareRoot()
      deviation[column] = own > 1e-9 ? own : 1
    }
    (self.mean, self.deviation, self.classes) = (mean, deviation, classes)
    let x = Self.standardised(rows, chosen, mean, deviation)
    weights = Self.minimise(x, labels: chosen.map { labels[$0] }, features: features + 1, classes: classes)
  }

  /// The most likely label of each row.
  func labels(of rows: FeatureTable, at chosen: [Int]) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(chosen.count)
    for start in stride(from: 0, to: chosen.count, by: 4096) {
      let part = Array(chosen[start..<min(start + 4096, chosen.count)])
      let x = Self.standardised(rows, part, mean, deviation)
      var scores = [Double](repeating: 0, count: part.count * classes)
      clapack_product(Int32(part.count), Int32(classes), Int32(mean.count + 1), x, weights, &scores)
      for row in 0..<part.count {
        let own = scores[row * classes..<(row + 1) * classes]
        result.append((own.indices.max { own[$0] < own[$1] } ?? own.startIndex) - own.startIndex)
      }
    }
    return result
  }

  /// `[n, features + 1]`, ones in the last column.
  private static func standardised(
    _ rows: FeatureTable, _ chosen: [Int], _ mean: [Double], _ deviation: [Double]
  ) -> [Double] {
    let width = mean.count + 1
    var x = [Double](repeating: 1, count: chosen.count * width)
    for (place, row) in chosen.enumerated() {
      for column in 0..<mean.count {
        x[place * width + column] = (Double(rows[row, column]) - mean[column]) / deviation[column]
      }
    }
    return x
  }

  private static func minimise(_ x: [Double], labels: [Int], features: Int, classes: Int) -> [Double] {
    let count = features * classes
    let transposed = Matrix(rows: labels.count, columns: features, values: x).transposed.values
    func evaluate(_ weights: [Double], _ gradient: inout [Double]) -> Double {
      var scores = [Double](repeating: 0, count: labels.count * classes)
      clapack_product(Int32(labels.count), Int32(classes), Int32(features), x, weights, &scores)
      var loss = 0.0
      for (row, label) in labels.enumerated() {
        let start = row * classes
        var greatest = scores[start]
        for c in 1..<max(1, classes) where scores[start + c] > greatest { greatest = scores[start + c] }
        loss += greatest - scores[start + label]
        var sum = 0.0
        for c in 0..<classes {
          let value = exp(scores[start + c] - greatest)
          scores[start + c] = value
          sum += value
        }
        loss += log(sum)
        for c in 0..<classes { scores[start + c] /= sum }
        scores[start + label] -= 1
      }
      clapack_product(Int32(features), Int32(classes), Int32(labels.count), transposed, scores, &gradient)
      for i in 0..<count - classes {
        loss += weights[i] * weights[i] / (2 * inversePenalty)
        gradient[i] += weights[i] / inversePenalty
      }
      return loss
    }

    var weights = [Double](repeating: 0, count: count)
    var gradient = weights
    var loss = evaluate(weights, &gradient)
    var history: [(step: [Double], change: [Double], scale: Double)] = []
    for _ in 0..<mostSteps {
      let norm = gradient.lazy.map { abs($0) }.max() ?? 0
      guard norm > 1e-4 * max(1, loss / 100) else { break }
      var direction = twoLoop(gradient, history)
      var slope = dot(direction, gradient)
      if slope >= 0 {
        history = []
        direction = gradient.map { -$0 }
        slope = -dot(gradient, gradient)
      }
      var length = history.isEmpty ? min(1, 1 / slope.magnitude.squareRoot()) : 1
      var moved = false
      for _ in 0..<30 {
        var next = weights
        for i in 0..<count { next[i] += length * direction[i] }
        var nextGradient = gradient
        let nextLoss = evaluate(next, &nextGradient)
        if nextLoss <= loss + 1e-4 * length * slope {
          var (step, change) = (next, nextGradient)
          for i in 0..<count {
            step[i] -= weights[i]
            change[i] -= gradient[i]
          }
          let curvature = dot(step, change)
          if curvature > 1e-12 {
            history.append((step, change, 1 / curvature))
            if history.count > memory { history.removeFirst() }
          }
          (weights, gradient, loss, moved) = (next, nextGradient, nextLoss, true)
          break
        }
        length /= 2
      }
      guard moved else { break }
    }
    return weights
  }

  private static func twoLoop(
    _ gradient: [Double], _ history: [(step: [Double], change: [Double], scale: Double)]
  ) -> [Double] {
    var direction = gradient.map { -$0 }
    var shares: [Double] = []
    for pair in history.reversed() {
      let share = pair.scale * dot(pair.step, direction)
      shares.append(share)
      for i in direction.indices { direction[i] -= share * pair.change[i] }
    }
    if let last = history.last {
      let factor = 1 / (last.scale * dot(last.change, last.change))
      for i in direction.indices { direction[i] *= factor }
    }
    for (pair, share) in zip(history, shares.reversed()) {
      let back = pair.scale * dot(pair.change, direction)
      for i in direction.indices { direction[i] += (share - back) * pair.step[i] }
    }
    return direction
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }
}

/// Rows of features.
struct FeatureTable: Sendable {
  let width: Int
  var values: [Float]

  var count: Int { width == 0 ? 0 : values.count / width }

  subscript(row: Int, column: Int) -> Float { values[row * width + column] }
}
