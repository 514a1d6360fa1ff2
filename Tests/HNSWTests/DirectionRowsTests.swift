import HNSW
import Seeded
import Testing

@Suite("Rows made orthonormal")
struct DirectionRowsTests {
  private func made(_ rows: [[Float]], passes: Int = 2, threads: Int = 2) -> [[Float]] {
    let directions = DirectionRows(rows)
    var random = SequenceGenerator(seed: 5)
    directions.orthonormalize(passes: passes, threads: threads, random: &random)
    return directions.rows
  }

  private func product(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  private func greatestError(_ rows: [[Float]]) -> Double {
    var greatest = 0.0
    for i in rows.indices {
      for j in 0...i { greatest = max(greatest, abs(product(rows[i], rows[j]) - (i == j ? 1 : 0))) }
    }
    return greatest
  }

  /// Rows that lie close to few directions, which is what several turns of subspace iteration leave.
  private func leaning(_ count: Int, _ dimension: Int, seed: UInt64) -> [[Float]] {
    var random = Seeded(seed)
    let axes = (0..<3).map { _ in random.vector(dimension) }
    return (0..<count).map { i in
      let (a, b) = (Float.random(in: -9...9, using: &random), Float.random(in: -9...9, using: &random))
      return (0..<dimension).map {
        a * axes[i % 3][$0] + b * axes[0][$0] + Float.random(in: -0.01...0.01, using: &random)
      }
    }
  }

  @Test("orthonormal to within rounding, whatever number of rows", arguments: [1, 3, 16, 17, 40, 96])
  func orthonormal(count: Int) {
    #expect(greatestError(made(leaning(count, 96, seed: UInt64(count)))) < 2e-6)
  }

  @Test("once over does for rows that were not close to each other")
  func onePass() {
    var random = Seeded(8)
    let rows = (0..<40).map { _ in random.vector(200) }
    #expect(greatestError(made(rows, passes: 1)) < 1e-5)
  }

  @Test("each row stays in the span of itself and those before it")
  func spans() {
    let rows = leaning(30, 64, seed: 3)
    let directions = made(rows)
    for (i, row) in rows.enumerated() {
      let along = directions[0...i].reduce(0) { $0 + product(row, $1) * product(row, $1) }
      #expect(abs(along / product(row, row) - 1) < 1e-4)
    }
  }

  @Test("rows that others make up are replaced, copies and zeros too")
  func dependent() {
    var rows = leaning(48, 64, seed: 4)
    rows[5] = rows[2]
    rows[20] = rows[1]
    rows[33] = [Float](repeating: 0, count: 64)
    rows[47] = zip(rows[3], rows[30]).map { 2 * $0 - $1 }
    #expect(greatestError(made(rows)) < 2e-6)
  }

  @Test("the same bits on any number of threads", arguments: [1, 2, 4, 7])
  func threads(count: Int) {
    let rows = leaning(70, 90, seed: 6)
    #expect(made(rows, threads: count) == made(rows, threads: 1))
  }
}
