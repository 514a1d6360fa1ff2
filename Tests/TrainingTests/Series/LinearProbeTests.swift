import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("The linear probe")
struct LinearProbeTests {
  /// Rows of three labels, a point each on a circle, with noise on it and as many columns of nothing but noise beside it;
  /// every person has an own shift.
  private static func data(
    rows: Int, people: Int, noise: Int, scale: Float = 1, seed: UInt64
  ) -> (table: FeatureTable, labels: [Int], people: [Int]) {
    var random = SeededRandom(seed: seed)
    let shifts = (0..<people).map { _ in Float(0.3 * random.normal()) }
    var (values, labels, owners): ([Float], [Int], [Int]) = ([], [], [])
    for row in 0..<rows {
      let (label, person) = (row % 3, row / 3 % people)
      let angle = 2 * Double.pi * Double(label) / 3
      values.append(scale * (Float(cos(angle) + 0.2 * random.normal()) + shifts[person]))
      values.append(Float(sin(angle) + 0.2 * random.normal()))
      for _ in 0..<noise { values.append(Float(random.normal())) }
      labels.append(label)
      owners.append(person)
    }
    return (FeatureTable(width: 2 + noise, values: values), labels, owners)
  }

  private static func accuracy(_ probe: LinearProbe, _ table: FeatureTable, _ labels: [Int]) -> Double {
    let found = probe.labels(of: table, at: Array(labels.indices))
    return Double(zip(found, labels).count { $0 == $1 }) / Double(labels.count)
  }

  @Test("it finds what a straight line can tell apart, among columns of noise and in columns of any size")
  func finds() {
    for scale in [Float(1), 1000, 1e-3] {
      let known = Self.data(rows: 90, people: 5, noise: 40, scale: scale, seed: 1)
      let other = Self.data(rows: 600, people: 9, noise: 40, scale: scale, seed: 2)
      let probe = LinearProbe(
        known.table, labels: known.labels, at: Array(known.labels.indices), groups: known.people, classes: 3)
      #expect(Self.accuracy(probe, other.table, other.labels) > 0.9)
    }
  }

  @Test("it trusts few rows with much noise less than many with none")
  func restraint() {
    let noisy = Self.data(rows: 30, people: 5, noise: 200, seed: 3)
    let clear = Self.data(rows: 600, people: 5, noise: 0, seed: 4)
    let chosen = [noisy, clear].map {
      LinearProbe($0.table, labels: $0.labels, at: Array($0.labels.indices), groups: $0.people, classes: 3).settings
    }
    #expect(chosen[0].inversePenalty < chosen[1].inversePenalty)
  }

  @Test("one group or one row a label is no error, and gives the same probe every time")
  func few() {
    let known = Self.data(rows: 3, people: 1, noise: 4, seed: 5)
    let probes = (0..<2).map { _ in
      LinearProbe(known.table, labels: known.labels, at: [0, 1, 2], groups: known.people, classes: 3)
    }
    #expect(Self.accuracy(probes[0], known.table, known.labels) == 1)
    let other = Self.data(rows: 300, people: 4, noise: 4, seed: 6)
    let all = Array(other.labels.indices)
    #expect(probes[0].labels(of: other.table, at: all) == probes[1].labels(of: other.table, at: all))
  }
}
