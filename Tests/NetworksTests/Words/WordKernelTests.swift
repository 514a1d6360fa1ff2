import CNetworks
import Foundation
import Networks
import Testing

/// word2vec's loop on a small vocabulary, with memory of its own.
private final class Loop {
  let words = 40
  let dimension = 19
  let stride = 32
  var input: [Float]
  var output: [Float]
  var negatives: Int32 = 5
  var window: Int32 = 3
  var isSkipGram = false
  private let chance: [UInt32]
  private let other: [Int32]
  private let keep: [UInt32]
  private let sigmoid: [Float]

  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    input = [Float](repeating: 0, count: words * stride)
    output = input
    for word in 0..<words {
      for i in 0..<dimension {
        input[word * stride + i] = Float(random.uniform(-1, 1))
        output[word * stride + i] = Float(random.uniform(-1, 1))
      }
    }
    chance = [UInt32](repeating: .max, count: words)
    other = (0..<words).map { Int32($0) }
    keep = [UInt32](repeating: .max, count: words)
    sigmoid = (0...1024).map { step in
      let x = Double(step) / 64 - 8
      return Float(1 / (1 + exp(-x)))
    }
  }

  /// Draws the examples of tokens, and calls `body` with the loop's arguments.
  func with<Result>(
    _ tokens: [Int32], seed: UInt64, _ body: (UnsafePointer<cn_words>, inout cn_words_examples) -> Result
  ) -> Result {
    let capacity = tokens.count * 2 * Int(window)
    var targets = [Int32](repeating: 0, count: capacity * Int(negatives + 1))
    var contexts = [Int32](repeating: 0, count: capacity)
    var starts = [Int32](repeating: 0, count: capacity + 1)
    var kept = [Int32](repeating: 0, count: tokens.count)
    return input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        targets.withUnsafeMutableBufferPointer { targets in
          contexts.withUnsafeMutableBufferPointer { contexts in
            starts.withUnsafeMutableBufferPointer { starts in
              chance.withUnsafeBufferPointer { chance in
                other.withUnsafeBufferPointer { other in
                  keep.withUnsafeBufferPointer { keep in
                    sigmoid.withUnsafeBufferPointer { sigmoid in
                      var words = cn_words(
                        input: input.baseAddress, output: output.baseAddress, stride: stride, words: Int32(self.words),
                        parts: nil, partStart: nil, chance: chance.baseAddress, other: other.baseAddress,
                        keep: keep.baseAddress, sigmoid: sigmoid.baseAddress, window: window, negatives: negatives,
                        skipGram: isSkipGram ? 1 : 0)
                      var examples = cn_words_examples(
                        targets: targets.baseAddress, contexts: contexts.baseAddress,
                        contextStart: starts.baseAddress, count: 0, capacity: capacity, contextCapacity: capacity)
                      var stream = seed
                      _ = cn_words_draw(&words, tokens, tokens.count, 0, 0, &stream, &kept, &examples)
                      return body(&words, &examples)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/// One example, taken out of the C structure.
private struct Example {
  var targets: [Int32]
  var contexts: [Int32]

  static func all(_ examples: cn_words_examples, width: Int) -> [Example] {
    (0..<examples.count).map { e in
      Example(
        targets: (0..<width).map { examples.targets[e * width + $0] },
        contexts: (Int(examples.contextStart[e])..<Int(examples.contextStart[e + 1])).map { examples.contexts[$0] })
    }
  }
}

@Suite("word2vec's inner loop")
struct WordKernelTests {
  private static let tokens: [Int32] = [3, 7, 7, 1, 12, -1, 5, -1, 9, 30, 2, 39, 0, 11]

  @Test("a step is word2vec's, in plain Swift", arguments: [false, true])
  func reference(isSkipGram: Bool) {
    let loop = Loop(seed: 4)
    loop.isSkipGram = isSkipGram
    let (input, output) = (loop.input, loop.output)
    let rate: Float = 0.1
    let (examples, loss) = loop.with(Self.tokens, seed: 8) { words, examples in
      var spare = [Float](repeating: 0, count: 2 * loop.stride)
      let drawn = Example.all(examples, width: 6)
      return (drawn, cn_words_step(words, &examples, 0, examples.count, rate, &spare))
    }
    #expect(!examples.isEmpty)
    let expected = Self.steps(examples, input, output, stride: loop.stride, rate: rate)
    #expect(abs(expected.loss - loss) < 1e-3 * abs(loss))
    for (a, b) in zip(expected.input + expected.output, loop.input + loop.output) { #expect(abs(a - b) < 2e-5) }
  }

  @Test("each window's words are examples, never across a border, and never with the target among the negatives")
  func examples() {
    let loop = Loop(seed: 1)
    let examples = loop.with(Self.tokens, seed: 2) { Example.all($1, width: 6) }
    // Token 5 stands alone and predicts nothing.
    #expect(examples.map(\.targets[0]) == [3, 7, 7, 1, 12, 9, 30, 2, 39, 0, 11])
    for example in examples {
      #expect((1...6).contains(example.contexts.count))
      #expect(!example.targets.dropFirst().contains(example.targets[0]))
    }
    let first = Set([3, 7, 1, 12] as [Int32])
    #expect(examples[..<5].allSatisfy { $0.contexts.allSatisfy(first.contains) })
    #expect(examples[5...].allSatisfy { $0.contexts.allSatisfy { !first.contains($0) } })
  }

  @Test("a batch's rows are the same in any number of shares, and one example's the same as a step's")
  func shares() {
    var results: [[Float]] = []
    for shares in [1, 2, 5] as [Int32] {
      let loop = Loop(seed: 6)
      loop.with(Self.tokens, seed: 3) { words, examples in
        var (hidden, error) = ([Float](repeating: 0, count: 4096), [Float](repeating: 0, count: 4096))
        var slope = [Float](repeating: 0, count: 1024)
        _ = cn_words_gradient(words, &examples, 0, examples.count, 0.1, &hidden, &error, &slope)
        for share in 0..<shares {
          cn_words_apply(words, &examples, examples.count, hidden, error, slope, share, shares)
        }
      }
      results.append(loop.input + loop.output)
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])

    let (batch, step) = (Loop(seed: 6), Loop(seed: 6))
    batch.with([1, 2], seed: 3) { words, examples in
      var (hidden, error) = ([Float](repeating: 0, count: 64), [Float](repeating: 0, count: 64))
      var slope = [Float](repeating: 0, count: 64)
      _ = cn_words_gradient(words, &examples, 0, 1, 0.1, &hidden, &error, &slope)
      cn_words_apply(words, &examples, 1, hidden, error, slope, 0, 1)
    }
    step.with([1, 2], seed: 3) { words, examples in
      var spare = [Float](repeating: 0, count: 64)
      _ = cn_words_step(words, &examples, 0, 1, 0.1, &spare)
    }
    for (a, b) in zip(batch.input + batch.output, step.input + step.output) { #expect(abs(a - b) < 1e-6) }
  }

  /// The loop written out.
  private static func steps(
    _ examples: [Example], _ input: [Float], _ output: [Float], stride: Int, rate: Float
  ) -> (input: [Float], output: [Float], loss: Double) {
    var (input, output, loss) = (input, output, 0.0)
    for example in examples {
      var hidden = [Float](repeating: 0, count: stride)
      for word in example.contexts {
        for i in 0..<stride { hidden[i] += input[Int(word) * stride + i] / Float(example.contexts.count) }
      }
      var error = [Float](repeating: 0, count: stride)
      for (k, target) in example.targets.enumerated() where target >= 0 {
        let row = Int(target) * stride
        let score = (0..<stride).reduce(Float(0)) { $0 + hidden[$1] * output[row + $1] }
        let p = 1 / (1 + exp(-score))
        loss -= Double(log(k == 0 ? p : 1 - p))
        let slope = ((k == 0 ? 1 : 0) - p) * rate
        for i in 0..<stride {
          error[i] += slope * output[row + i]
          output[row + i] += slope * hidden[i]
        }
      }
      for word in example.contexts {
        for i in 0..<stride { input[Int(word) * stride + i] += error[i] }
      }
    }
    return (input, output, loss)
  }
}
