import CNetworks
import Foundation
import Networks

/// The two matrices of word2vec and everything the C loop needs to train them.
final class SkipGramRows: @unchecked Sendable {
  // Unchecked: the matrices are written by threads without locks, on purpose (Niu et al. 2011), or in shares that do not
  // overlap.

  let words: Int
  let dimension: Int
  /// Values a row, the dimension rounded up.
  let stride: Int
  let window: Int
  let negatives: Int
  let isSkipGram: Bool

  private let input: UnsafeMutableBufferPointer<Float>
  private let output: UnsafeMutableBufferPointer<Float>
  private let alias: AliasTable
  private let keep: [UInt32]
  private let sigmoid: [Float]

  init(counts: [Int], settings: WordSettings) {
    words = counts.count
    dimension = settings.dimension
    let lanes = Int(cn_words_lanes)
    stride = (dimension + lanes - 1) / lanes * lanes
    window = settings.reach
    negatives = settings.drawn
    isSkipGram = settings.method == .skipGram
    alias = AliasTable(counts.map { Foundation.pow(Double($0), 0.75) })
    let total = Double(counts.reduce(0, +))
    keep = counts.map { count in
      let kept = settings.kept(ofShare: Double(count) / total)
      return kept >= 1 ? .max : UInt32(kept * 4_294_967_295)
    }
    let steps = Int(cn_words_sigmoid_size)
    sigmoid = (0...steps).map { step in
      let x = 16 * Double(step) / Double(steps) - 8
      return Float(1 / (1 + exp(-x)))
    }
    input = .allocate(capacity: words * stride)
    output = .allocate(capacity: words * stride)
    output.initialize(repeating: 0)
    input.initialize(repeating: 0)
    var random = SeededRandom(seed: settings.seed).split(0x776F_7264)
    for word in 0..<words {
      for i in 0..<dimension { input[word * stride + i] = Float((random.uniform() - 0.5) / Double(dimension)) }
    }
  }

  deinit {
    input.deallocate()
    output.deallocate()
  }

  /// Calls `body` with what the C loop takes.
  func withDescription<Result>(_ body: (UnsafePointer<cn_words>) throws -> Result) rethrows -> Result {
    try alias.chance.withUnsafeBufferPointer { chance in
      try alias.other.withUnsafeBufferPointer { other in
        try keep.withUnsafeBufferPointer { keep in
          try sigmoid.withUnsafeBufferPointer { sigmoid in
            var description = cn_words(
              input: input.baseAddress, output: output.baseAddress, stride: stride, words: Int32(words), parts: nil,
              partStart: nil, chance: chance.baseAddress, other: other.baseAddress, keep: keep.baseAddress,
              sigmoid: sigmoid.baseAddress, window: Int32(window), negatives: Int32(negatives),
              skipGram: isSkipGram ? 1 : 0)
            return try withUnsafePointer(to: &description, body)
          }
        }
      }
    }
  }

  /// The words' vectors `[words, dimension]`.
  var vectors: [Float] { Self.rows(input, words: words, dimension: dimension, stride: stride) }
  /// The words' vectors `[words, stride]`, zeros behind each.
  var paddedVectors: [Float] { Array(input) }
  /// The same, each of length 1.
  var unitVectors: [Float] {
    var values = Array(input)
    for row in Swift.stride(from: 0, to: values.count, by: stride) {
      let length = values[row..<row + stride].reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      if length > 0 { for i in row..<row + stride { values[i] /= length } }
    }
    return values
  }

  private static func rows(
    _ matrix: UnsafeMutableBufferPointer<Float>, words: Int, dimension: Int, stride: Int
  ) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(words * dimension)
    for word in 0..<words { values.append(contentsOf: matrix[word * stride..<word * stride + dimension]) }
    return values
  }
}

extension SkipGramRows {
  /// Both matrices, `[words, stride]`.
  var state: [String: Tensor] {
    [
      "input": Tensor(shape: [words, stride], values: Array(input)),
      "output": Tensor(shape: [words, stride], values: Array(output)),
    ]
  }

  /// Takes over the ``state`` of matrices for the same words.
  ///
  /// - Throws: `NetworkError` where it does not fit.
  func restore(_ state: [String: Tensor]) throws {
    guard let input = state["input"], let output = state["output"],
      [input, output].allSatisfy({ $0.shape == [words, stride] })
    else { throw NetworkError("the vectors belong to other words") }
    for (matrix, tensor) in [(self.input, input), (self.output, output)] {
      tensor.withUnsafeBufferPointer { _ = matrix.update(from: $0) }
    }
  }
}

/// Examples as the C loop draws them, with memory for a piece of a corpus.
final class WordExamples: @unchecked Sendable {
  // Unchecked: one worker at a time.

  private(set) var examples = cn_words_examples()
  private let kept: UnsafeMutablePointer<Int32>
  let spare: UnsafeMutablePointer<Float>
  let capacity: Int

  /// Memory for the examples of `tokens` tokens.
  init(tokens: Int, rows: SkipGramRows) {
    let contexts = tokens * 2 * rows.window
    capacity = rows.isSkipGram ? contexts : tokens
    examples.targets = .allocate(capacity: capacity * (rows.negatives + 1))
    examples.contexts = .allocate(capacity: contexts)
    examples.contextStart = .allocate(capacity: capacity + 1)
    examples.capacity = capacity
    examples.contextCapacity = contexts
    kept = .allocate(capacity: tokens + 2 * rows.window)
    spare = .allocate(capacity: 2 * rows.stride)
  }

  deinit {
    examples.targets.deallocate()
    examples.contexts.deallocate()
    examples.contextStart.deallocate()
    kept.deallocate()
    spare.deallocate()
  }

  var count: Int { examples.count }

  /// Draws the examples of tokens; there is room for all of them. Windows reach beyond the part, up to the border of its sentence.
  func draw(
    _ rows: UnsafePointer<cn_words>, _ tokens: UnsafeBufferPointer<Int32>.SubSequence, _ random: inout UInt64
  ) {
    let part = UnsafeBufferPointer(rebasing: tokens)
    _ = cn_words_draw(
      rows, part.baseAddress, part.count, tokens.startIndex, tokens.base.count - tokens.endIndex, &random, kept,
      &examples)
  }
}
