import Foundation
import Networks
import Testing

@Suite("The encoder of gaps")
struct GapTrainingTests {
  private static let shape = GapTraining.Shape(words: 50, reach: 2, dimension: 16, hidden: 8)

  private static func training(workers: Int = 1) -> GapTraining {
    GapTraining(
      shape, bias: (0..<50).map { -1 - Float($0) / 50 }, seed: 5, workers: Workers(workers))
  }

  private static func batch(_ count: Int) -> (contexts: [Int32], truths: [Int32], drawn: [Int32], expected: [Float]) {
    var random = SeededRandom(seed: 3)
    func word(_ most: Int) -> Int32 { Int32(random.uniform() * Double(most)) }
    return (
      (0..<count * 4).map { _ in word(51) }, (0..<count).map { _ in word(50) }, (0..<16).map { _ in word(50) },
      (0..<50).map { _ in Float(random.uniform(-2, 0)) }
    )
  }

  @Test("the layers' gradient is the loss's, by finite differences")
  func gradient() {
    let training = Self.training()
    let batch = Self.batch(70)
    func loss() -> Double {
      training.differentiate(
        contexts: batch.contexts, truths: batch.truths, drawn: batch.drawn, expected: batch.expected)
    }
    _ = loss()
    let gradient = training.layerGradient(count: 2)
    let values = training.layerValues
    var random = SeededRandom(seed: 9)
    for _ in 0..<60 {
      let place = Int(random.uniform() * Double(values.count))
      var moved = values
      moved[place] = values[place] + 0.01
      training.layerValues = moved
      let above = loss()
      moved[place] = values[place] - 0.01
      training.layerValues = moved
      let below = loss()
      training.layerValues = values
      let slope = (above - below) / 0.02
      #expect(abs(slope - Double(gradient[place])) < 0.02 + 0.03 * abs(slope), "at \(place)")
    }
  }

  @Test("steps are the same, bit for bit, on 1, 2 and 4 workers")
  func workers() throws {
    let batch = Self.batch(256)
    let encoders = try [1, 2, 4].map { workers -> GapEncoder in
      let training = Self.training(workers: workers)
      for _ in 0..<5 {
        _ = training.step(
          contexts: batch.contexts, truths: batch.truths, drawn: batch.drawn, expected: batch.expected, rowRate: 0.1,
          rate: 0.01)
      }
      return try training.encoder(correction: [Float](repeating: 0, count: 50))
    }
    #expect(encoders[0].tensors == encoders[1].tensors)
    #expect(encoders[0].tensors == encoders[2].tensors)
  }

  @Test("shares are a distribution over the vocabulary, and training raises the truth's")
  func learns() throws {
    let training = Self.training()
    let batch = Self.batch(64)
    let none = [Float](repeating: 0, count: 50)
    let contexts = (0..<64).map { Array(batch.contexts[$0 * 4..<$0 * 4 + 4]) }
    func truthShares() throws -> Float {
      let shares = try training.encoder(correction: none).logShares(contexts).values
      for row in 0..<64 {
        let sum = shares[row * 50..<row * 50 + 50].reduce(0) { $0 + exp($1) }
        #expect(abs(sum - 1) < 1e-4)
      }
      return batch.truths.enumerated().reduce(0) { $0 + shares[$1.offset * 50 + Int($1.element)] }
    }
    let before = try truthShares()
    for _ in 0..<100 {
      _ = training.step(
        contexts: batch.contexts, truths: batch.truths, drawn: (0..<48).map { $0 },
        expected: [Float](repeating: 0, count: 50), rowRate: 0.1, rate: 0.01)
    }
    #expect(try truthShares() > before + 20)
  }

  @Test("a context is what stands around the gap, with the border where the sentence ends")
  func context() throws {
    let encoder = try Self.training().encoder(correction: [Float](repeating: 0, count: 50))
    #expect(encoder.context([7, 8, 9], gap: 1) == [50, 7, 8, 9])
    #expect(encoder.context([7, 8, 9], gap: 1, skipping: 1) == [50, 7, 9, 50])
    #expect(encoder.context([], gap: 0) == [50, 50, 50, 50])
  }
}
