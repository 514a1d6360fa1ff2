import Foundation
import LikenessTraining
import Seeded
import Testing

@Suite("Baselines")
struct BaselineTests {
  private struct Case: Decodable {
    let features, components, dimension: Int
    let rows: [Float]
    let labels: [Int]
    let mean, variances, explained, principal, ratios, fisher: [Double]
  }

  private func expectSameDirections(_ matrix: [Float], _ expected: [Double], features: Int) {
    for start in stride(from: 0, to: matrix.count, by: features) {
      let (row, wanted) = (matrix[start..<(start + features)], expected[start..<(start + features)])
      let sign: Double = zip(row, wanted).reduce(0) { $0 + Double($1.0) * $1.1 } < 0 ? -1 : 1
      for (value, wanted) in zip(row, wanted) { #expect(abs(Double(value) - sign * wanted) < 1e-5) }
    }
  }

  private func noise(_ count: Int, seed: UInt64) -> [Float] {
    var random = Seeded(seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
  }

  @Test("copies among the rows leave fewer directions, which are kept where that is allowed")
  func copies() throws {
    var rows = noise(6 * 16, seed: 5)
    rows += rows.prefix(2 * 16)
    let labels = [0, 0, 1, 1, 2, 2, 0, 0]
    #expect(throws: BaselineError.self) { try PrincipalComponents.fit(rows, features: 16, dimension: 7) }
    let fewer = try PrincipalComponents.fit(rows, features: 16, dimension: 7, keepingFewer: true)
    #expect(fewer.dimension == 5)
    #expect(fewer.matrix == (try PrincipalComponents.fit(rows, features: 16, dimension: 5)).matrix)
    let fisher = try Fisherfaces.fit(
      rows, features: 16, labels: labels, components: 7, dimension: 2, keepingFewer: true)
    #expect(fisher.dimension == 2 && fisher.matrix.allSatisfy(\.isFinite))
    let same = [Float](repeating: 1, count: 4 * 16)
    #expect(throws: BaselineError.self) {
      try PrincipalComponents.fit(same, features: 16, dimension: 2, keepingFewer: true)
    }
  }

  @Test("principal components are those of numpy, with more rows than features and with fewer")
  func principalReference() throws {
    for item in try fixture("baselines", as: [Case].self) {
      let fit = try PrincipalComponents.fit(item.rows, features: item.features, dimension: item.components)
      #expect(fit.features == item.features && fit.dimension == item.components)
      for (value, wanted) in zip(fit.mean, item.mean) { #expect(abs(Double(value) - wanted) < 1e-6) }
      for (value, wanted) in zip(fit.eigenvalues, item.variances) { #expect(abs(value - wanted) < 1e-9) }
      for (value, wanted) in zip(fit.explained, item.explained) { #expect(abs(value - wanted) < 1e-9) }
      expectSameDirections(fit.matrix, item.principal, features: item.features)
    }
  }

  @Test("Fisherfaces are those of scipy")
  func fisherReference() throws {
    for item in try fixture("baselines", as: [Case].self) {
      let fit = try Fisherfaces.fit(
        item.rows, features: item.features, labels: item.labels, components: item.components,
        dimension: item.dimension)
      for (value, wanted) in zip(fit.eigenvalues, item.ratios) { #expect(abs(value / wanted - 1) < 1e-5) }
      expectSameDirections(fit.matrix, item.fisher, features: item.features)
    }
  }

  @Test("directions are orthonormal, and all of them give the rows back", arguments: [(20, 6), (6, 20)])
  func reconstruction(count: Int, features: Int) throws {
    let rows = noise(count * features, seed: 4)
    let dimension = min(count - 1, features)
    let fit = try PrincipalComponents.fit(rows, features: features, dimension: dimension)
    for a in 0..<dimension {
      for b in 0..<dimension {
        let product = (0..<features).reduce(0) { $0 + fit.matrix[a * features + $1] * fit.matrix[b * features + $1] }
        #expect(abs(product - (a == b ? 1 : 0)) < 1e-5)
      }
    }
    let projected = try fit.project(rows)
    for row in 0..<count {
      for feature in 0..<features {
        let value = (0..<dimension).reduce(fit.mean[feature]) {
          $0 + projected[row * dimension + $1] * fit.matrix[$1 * features + feature]
        }
        #expect(abs(value - rows[row * features + feature]) < 1e-5)
      }
    }
    #expect(abs(fit.explained.reduce(0, +) - 1) < 1e-9)
  }

  @Test("rows given twice have the same components, by whichever matrix they are found")
  func bothWays() throws {
    let rows = noise(10 * 16, seed: 5)
    let once = try PrincipalComponents.fit(rows, features: 16, dimension: 5)
    let twice = try PrincipalComponents.fit(rows + rows, features: 16, dimension: 5)
    for (a, b) in zip(once.matrix, twice.matrix) { #expect(abs(a - b) < 1e-5) }
    for (a, b) in zip(once.eigenvalues, twice.eigenvalues) { #expect(abs(a - b) < 1e-9) }
  }

  @Test("the largest component of every direction is positive")
  func signs() throws {
    let fit = try PrincipalComponents.fit(noise(30 * 12, seed: 6), features: 12, dimension: 8)
    for direction in 0..<8 {
      let row = fit.matrix[(direction * 12)..<((direction + 1) * 12)]
      #expect(try #require(row.max { abs($0) < abs($1) }) > 0)
    }
  }

  @Test("weights and bias make a layer that projects")
  func layer() throws {
    let rows = noise(9 * 7, seed: 7).map { $0 + 3 }
    let fit = try PrincipalComponents.fit(rows, features: 7, dimension: 3)
    let projected = try fit.project(rows)
    for row in 0..<9 {
      for direction in 0..<3 {
        let value = (0..<7).reduce(fit.bias[direction]) { $0 + fit.matrix[direction * 7 + $1] * rows[row * 7 + $1] }
        #expect(abs(value - projected[row * 3 + direction]) < 1e-4)
      }
    }
    #expect(throws: BaselineError.self) { try fit.project([1, 2, 3]) }
  }

  @Test("two identities differ along the scatter's inverse times the difference of their means")
  func discriminant() throws {
    // Two identical clouds, scattered four times as far along x as along y, their means (2, 1) apart.
    let cloud: [(Float, Float)] = [(-2, 0), (2, 0), (0, -1), (0, 1)]
    let rows = cloud.flatMap { [$0.0, $0.1] } + cloud.flatMap { [$0.0 + 2, $0.1 + 1] }
    let labels = [0, 0, 0, 0, 1, 1, 1, 1]
    let fit = try Fisherfaces.fit(rows, features: 2, labels: labels, components: 2, dimension: 1)
    // S_w = diag(16, 4) + 0.001 × 20 / 2 on the diagonal, whatever the basis.
    let expected = [2 / 16.01, 1 / 4.01]
    #expect(abs(Double(fit.matrix[1] / fit.matrix[0]) - expected[1] / expected[0]) < 1e-4)
    let within = 16.01 * pow(Double(fit.matrix[0]), 2) + 4.01 * pow(Double(fit.matrix[1]), 2)
    #expect(abs(within - 1) < 1e-5)
  }

  @Test("what cannot be fitted is a sentence")
  func refusals() {
    let rows = noise(5 * 4, seed: 8)
    #expect(throws: BaselineError.self) { try PrincipalComponents.fit(rows, features: 3, dimension: 1) }
    #expect(throws: BaselineError.self) { try PrincipalComponents.fit(rows, features: 0, dimension: 1) }
    #expect(throws: BaselineError.self) { try PrincipalComponents.fit(rows, features: 4, dimension: 0) }
    #expect(throws: BaselineError.self) { try PrincipalComponents.fit(rows, features: 4, dimension: 5) }
    #expect(throws: BaselineError.self) {
      try PrincipalComponents.fit(Array(rows.prefix(4)), features: 4, dimension: 1)
    }
    #expect(throws: BaselineError.self) {
      try PrincipalComponents.fit([Float](repeating: 2, count: 20), features: 4, dimension: 1)
    }
    #expect(throws: BaselineError.self) {
      try PrincipalComponents.fit(rows.dropLast() + [.nan], features: 4, dimension: 1)
    }
    // Three points on one line vary in one direction.
    #expect(throws: BaselineError.self) { try PrincipalComponents.fit([0, 0, 1, 1, 2, 2], features: 2, dimension: 2) }
    func fisher(_ labels: [Int], _ components: Int, _ dimension: Int) throws {
      _ = try Fisherfaces.fit(rows, features: 4, labels: labels, components: components, dimension: dimension)
    }
    #expect(throws: Never.self) { try fisher([0, 0, 1, 1, 2], 3, 2) }
    #expect(throws: BaselineError.self) { try fisher([0, 0, 1, 1, 2], 3, 3) }
    #expect(throws: BaselineError.self) { try fisher([0, 0, 1, 1], 3, 1) }
    #expect(throws: BaselineError.self) { try fisher([0, 1, 2, 3, 4], 3, 2) }
    #expect(throws: BaselineError.self) { try fisher([1, 1, 1, 1, 1], 3, 1) }
  }
}
