import LikenessTraining
import Networks
import Testing

@Suite("The loss of two towers")
struct CaptionLossTests {
  private let left = Self.unit(rows: 4, seed: 1)
  private let right = Self.unit(rows: 5, seed: 2)
  private let relations: [CaptionLoss.Relation] = [
    .positive, .negative, .negative, .neutral, .negative,
    .negative, .positive, .positive, .negative, .negative,
    .neutral, .negative, .negative, .negative, .negative,
    .negative, .negative, .positive, .positive, .negative,
  ]

  private static func unit(rows: Int, seed: UInt64) -> Tensor {
    var random = SeededRandom(seed: seed)
    var values: [Float] = []
    for _ in 0..<rows {
      let row = (0..<6).map { _ in Float(random.normal()) }
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      values += row.map { $0 / norm }
    }
    return Tensor(shape: [rows, 6], values: values)
  }

  private func loss(_ left: Tensor, _ right: Tensor, _ logScale: Double = 1.2) -> CaptionLoss.Value {
    CaptionLoss().evaluate(left, right, relations: relations, logScale: logScale)
  }

  @Test("its derivatives are its slopes, by central differences")
  func gradients() {
    let value = loss(left, right)
    for (side, gradient) in [(0, value.left.values), (1, value.right.values)] {
      for place in gradient.indices {
        func shifted(_ step: Float) -> Double {
          var (l, r) = (left, right)
          if side == 0 {
            l.withUnsafeMutableBufferPointer { $0[place] += step }
          } else {
            r.withUnsafeMutableBufferPointer { $0[place] += step }
          }
          return loss(l, r).loss
        }
        #expect(abs((shifted(0.01) - shifted(-0.01)) / 0.02 - Double(gradient[place])) < 2e-3)
      }
    }
    let slope = (loss(left, right, 1.21).loss - loss(left, right, 1.19).loss) / 0.02
    #expect(abs(slope - value.logScale) < 2e-3)
  }

  @Test("with one positive each it is the mean of both directions' cross entropies")
  func plain() {
    let (left, right) = (Self.unit(rows: 3, seed: 4), Self.unit(rows: 3, seed: 5))
    let relations = (0..<9).map { $0 % 4 == 0 ? CaptionLoss.Relation.positive : .negative }
    let cosines = Tensor.product(left, right, transposeRight: true).values.map { Double($0) * 3 }
    var expected = 0.0
    for i in 0..<3 {
      let row = (0..<3).reduce(0.0) { $0 + exponential(cosines[i * 3 + $1]) }
      let column = (0..<3).reduce(0.0) { $0 + exponential(cosines[$1 * 3 + i]) }
      expected += (-2 * cosines[i * 4] + logarithm(row) + logarithm(column)) / 6
    }
    let value = CaptionLoss().evaluate(left, right, relations: relations, logScale: logarithm(3))
    #expect(abs(value.loss - expected) < 1e-5)
  }

  @Test("a pair that is neither has no influence")
  func neutral() {
    // Text 3 is neutral to picture 0 alone; of texts that are nothing to nobody nothing depends on.
    let few: [CaptionLoss.Relation] = [.positive, .negative, .neutral, .negative, .positive, .neutral]
    let (left, right) = (Self.unit(rows: 2, seed: 6), Self.unit(rows: 3, seed: 7))
    var other = right
    other.withUnsafeMutableBufferPointer { for i in 12..<18 { $0[i] *= -1 } }
    let first = CaptionLoss().evaluate(left, right, relations: few, logScale: 1)
    #expect(first.loss == CaptionLoss().evaluate(left, other, relations: few, logScale: 1).loss)
    #expect(first.right.values.suffix(6).allSatisfy { $0 == 0 })
  }

  @Test("a likeness that is right costs next to nothing, a wrong one much")
  func direction() {
    let rows = Tensor(shape: [2, 2], values: [1, 0, 0, 1])
    let swapped = Tensor(shape: [2, 2], values: [0, 1, 1, 0])
    let relations: [CaptionLoss.Relation] = [.positive, .negative, .negative, .positive]
    let right = CaptionLoss().evaluate(rows, rows, relations: relations, logScale: 3)
    let wrong = CaptionLoss().evaluate(rows, swapped, relations: relations, logScale: 3)
    #expect(right.loss < 1e-6 && right.accuracy == 1)
    #expect(wrong.loss > 15 && wrong.accuracy == 0)
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

private func exponential(_ x: Double) -> Double { exp(x) }
private func logarithm(_ x: Double) -> Double { log(x) }
