import Networks
import Testing

@Suite("A table of trained rows")
struct EmbeddingBagTests {
  private let bags: [[CaptionVocabulary.Entry]] = [
    [.init(row: 1, weight: 0.5), .init(row: 3, weight: 0.25)], [],
    [.init(row: 3, weight: 1), .init(row: 1, weight: -2)],
  ]

  @Test("a bag's result is the weighted sum of its rows, and an empty bag's is zero")
  func sums() {
    let bag = EmbeddingBag(rows: 5, dimension: 3, deviation: 1, seed: 2)
    let (rows, sums) = (bag.table.values, bag.forward(bags).values)
    for d in 0..<3 {
      #expect(abs(sums[d] - (0.5 * rows[3 + d] + 0.25 * rows[9 + d])) < 1e-6)
      #expect(sums[3 + d] == 0)
      #expect(abs(sums[6 + d] - (rows[9 + d] - 2 * rows[3 + d])) < 1e-6)
    }
  }

  @Test("the rows' gradients are the slope of a loss, by central differences")
  func gradient() {
    let bag = EmbeddingBag(rows: 5, dimension: 3, deviation: 1, seed: 2)
    var random = SeededRandom(seed: 9)
    let given = (0..<9).map { _ in Float(random.uniform(-1, 1)) }
    func loss(_ table: Tensor) -> Double {
      let probe = EmbeddingBag(rows: 5, dimension: 3, deviation: 0, seed: 0)
      probe.table = table
      return zip(probe.forward(bags).values, given).reduce(0) { $0 + Double($1.0 * $1.1) }
    }
    bag.backward(Tensor(shape: [3, 3], values: given), bags: bags)
    let (table, gradients) = (bag.table, bag.gradients.values)
    for place in 0..<table.count {
      var (higher, lower) = (table, table)
      higher.withUnsafeMutableBufferPointer { $0[place] += 0.01 }
      lower.withUnsafeMutableBufferPointer { $0[place] -= 0.01 }
      #expect(abs(Double(gradients[place]) - (loss(higher) - loss(lower)) / 0.02) < 1e-3)
    }
  }

  @Test("a step moves the rows of the batch against their gradients, and no other")
  func step() {
    let bag = EmbeddingBag(rows: 5, dimension: 3, deviation: 1, seed: 2)
    let before = bag.table.values
    bag.backward(Tensor(shape: [3, 3], values: [Float](repeating: 1, count: 9)), bags: bags)
    let gradients = bag.gradients.values
    bag.step(rate: 0.01)
    let after = bag.table.values
    for place in before.indices {
      let moved = after[place] - before[place]
      if [1, 3].contains(place / 3) {
        #expect(abs(moved + (gradients[place] > 0 ? 0.01 : -0.01)) < 1e-4)
      } else {
        #expect(moved == 0)
      }
    }
    #expect(bag.gradients.values.allSatisfy { $0 == 0 })
  }

  @Test("a product of matrices is the sum over the inner side, with either one transposed")
  func product() {
    let left = Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
    let right = Tensor(shape: [3, 2], values: [7, 8, 9, 10, 11, 12])
    #expect(Tensor.product(left, right).values == [58, 64, 139, 154])
    #expect(Tensor.product(left, left, transposeRight: true).values == [14, 32, 32, 77])
    #expect(Tensor.product(left, left, transposeLeft: true).values == [17, 22, 27, 22, 29, 36, 27, 36, 45])
  }
}
