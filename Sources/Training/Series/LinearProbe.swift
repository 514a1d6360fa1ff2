import CLapack
import Foundation

/// Multinomial logistic regression: how much of the labels a straight line can read off features.
///
/// Minimises Σ −log p(label) + ‖W‖² / (2 C), biases free, by L-BFGS (Liu & Nocedal 1989) from zero: no chance, no order
/// of rows, the same bits every time. Before that features are shifted by the labelled rows' means and divided by their
/// deviations, or by the root of the mean of their variances, which keeps what an embedding says by its lengths. Which of
/// the two, and C, are chosen by the log-likelihood of labelled rows left out, whole groups at a time.
package struct LinearProbe: Sendable {
  /// What features are divided by.
  package enum Scaling: Sendable, CaseIterable {
    /// The deviation of each.
    case each
    /// One number for all.
    case all
  }

  /// How much a probe may trust its rows.
  package struct Settings: Sendable, Equatable {
    /// What features are divided by.
    package var scaling = Scaling.each
    /// C, the inverse strength of the penalty, as scikit-learn counts it.
    package var inversePenalty = 0.1
  }

  /// What is chosen from.
  static let inversePenalties = [0.003, 0.01, 0.03, 0.1, 0.3]
  private static let parts = 3
  /// More rows than these choose no better.
  private static let mostRowsOfAChoice = 600
  private static let mostSteps = 200
  private static let mostStepsOfAChoice = 40
  private static let memory = 10

  /// What was chosen.
  package let settings: Settings
  private let mean: [Double]
  private let deviation: [Double]
  /// `[features + 1, classes]`, the biases last.
  private let weights: [Double]
  private let classes: Int

  /// Fits rows of labels 0..<`classes`, with settings chosen on them.
  ///
  /// - Parameters:
  ///   - groups: a number a row of the table; rows of one group are left out together.
  package init(_ rows: FeatureTable, labels: [Int], at chosen: [Int], groups: [Int], classes: Int) {
    self.init(
      rows, labels: labels, at: chosen, classes: classes,
      Self.settings(rows, labels: labels, at: chosen, groups: groups, classes: classes))
  }

  /// Fits rows of labels 0..<`classes`.
  init(_ rows: FeatureTable, labels: [Int], at chosen: [Int], classes: Int, _ settings: Settings) {
    (mean, deviation) = Self.moments(rows, chosen, settings.scaling)
    (self.settings, self.classes) = (settings, classes)
    let x = Self.standardised(rows, chosen, mean, deviation)
    weights = Self.minimise(
      x, labels: chosen.map { labels[$0] }, features: rows.width + 1, classes: classes,
      inversePenalty: settings.inversePenalty, steps: Self.mostSteps)
  }

  /// The settings under which rows that were left out are likeliest.
  private static func settings(
    _ rows: FeatureTable, labels: [Int], at chosen: [Int], groups: [Int], classes: Int
  ) -> Settings {
    let part = parts(of: chosen, groups: groups)
    let step = max(1, chosen.count / mostRowsOfAChoice)
    let places = Array(stride(from: 0, to: chosen.count, by: step))
    var best = (loss: Double.infinity, settings: Settings())
    for scaling in Scaling.allCases {
      var (losses, folds) = ([Double](repeating: 0, count: inversePenalties.count), 0)
      for left in 0..<parts {
        let kept = places.filter { part[$0] != left }.map { chosen[$0] }
        let out = places.filter { part[$0] == left }.map { chosen[$0] }
        guard kept.count > 1, !out.isEmpty else { continue }
        folds += 1
        let (mean, deviation) = moments(rows, kept, scaling)
        let (x, y) = (standardised(rows, kept, mean, deviation), kept.map { labels[$0] })
        let other = standardised(rows, out, mean, deviation)
        var weights: [Double]?
        for (index, inversePenalty) in inversePenalties.enumerated() {
          let fitted = minimise(
            x, labels: y, features: rows.width + 1, classes: classes, inversePenalty: inversePenalty,
            steps: mostStepsOfAChoice, from: weights)
          losses[index] += loss(other, out.map { labels[$0] }, fitted, classes: classes)
          weights = fitted
        }
      }
      for (inversePenalty, loss) in zip(inversePenalties, losses) where folds > 0 && loss < best.loss {
        best = (loss, Settings(scaling: scaling, inversePenalty: inversePenalty))
      }
    }
    return best.settings
  }

  /// The part that each row is left out with: groups are dealt one after another, and rows of fewer groups than parts
  /// are cut where they stand.
  private static func parts(of chosen: [Int], groups: [Int]) -> [Int] {
    let names = Set(chosen.map { groups[$0] }).sorted()
    if names.count < parts { return chosen.indices.map { $0 * parts / max(1, chosen.count) } }
    let number = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0 % parts) })
    return chosen.map { number[groups[$0]] ?? 0 }
  }

  private static func moments(_ rows: FeatureTable, _ chosen: [Int], _ scaling: Scaling) -> ([Double], [Double]) {
    let features = rows.width
    var (mean, variance) = ([Double](repeating: 0, count: features), [Double](repeating: 0, count: features))
    let share = 1 / Double(max(1, chosen.count))
    for row in chosen { for column in 0..<features { mean[column] += Double(rows[row, column]) } }
    for column in 0..<features { mean[column] *= share }
    for row in chosen {
      for column in 0..<features {
        let value = Double(rows[row, column]) - mean[column]
        variance[column] += value * value * share
      }
    }
    if scaling == .all {
      let all = variance.reduce(0, +) / Double(max(1, features))
      variance = [Double](repeating: all, count: features)
    }
    return (mean, variance.map { $0.squareRoot() > 1e-9 ? $0.squareRoot() : 1 })
  }

  /// Σ −log p(label).
  private static func loss(_ x: [Double], _ labels: [Int], _ weights: [Double], classes: Int) -> Double {
    var scores = [Double](repeating: 0, count: labels.count * classes)
    clapack_product(
      Int32(labels.count), Int32(classes), Int32(weights.count / classes), x, weights, &scores)
    var loss = 0.0
    for (row, label) in labels.enumerated() {
      let own = scores[row * classes..<(row + 1) * classes]
      let greatest = own.max() ?? 0
      loss += greatest - own[row * classes + label] + log(own.reduce(0) { $0 + exp($1 - greatest) })
    }
    return loss
  }

  /// The most likely label of each row.
  package func labels(of rows: FeatureTable, at chosen: [Int]) -> [Int] {
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

  private static func minimise(
    _ x: [Double], labels: [Int], features: Int, classes: Int, inversePenalty: Double, steps: Int,
    from start: [Double]? = nil
  ) -> [Double] {
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

    var weights = start ?? [Double](repeating: 0, count: count)
    var gradient = weights
    var loss = evaluate(weights, &gradient)
    var history: [(step: [Double], change: [Double], scale: Double)] = []
    for _ in 0..<steps {
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
package struct FeatureTable: Sendable {
  let width: Int
  var values: [Float]

  package init(width: Int, values: [Float]) { (self.width, self.values) = (width, values) }

  var count: Int { width == 0 ? 0 : values.count / width }

  subscript(row: Int, column: Int) -> Float { values[row * width + column] }
}
