import Foundation

/// Ranks words for a gap in a sentence by the words around it.
///
/// The words at each distance to the left and to the right are looked up, joined end to end, and go through one hidden
/// layer to a vector h; word w fits with the score h·e(w) + b(w), where e are the same vectors that the context is looked up
/// in. The softmax of the scores is the encoder's estimate of what stands in the gap.
///
/// Shapes, with d values a vector, reach r and H hidden units: `gaps.embedding` [words + 1, d], the last row for what lies
/// beyond the sentence; `gaps.hidden.weight` [H, 2 r d]; `gaps.output.weight` [d, H]; `gaps.bias` [words].
public struct GapEncoder: Sendable {
  /// The size of the vocabulary.
  public let words: Int
  /// How many words on either side are looked at.
  public let reach: Int
  let dimension: Int
  let hidden: Int

  /// The weights by their names in the file.
  public let tensors: [String: Tensor]

  enum Name {
    static let embedding = "gaps.embedding"
    static let hiddenWeight = "gaps.hidden.weight"
    static let hiddenBias = "gaps.hidden.bias"
    static let outputWeight = "gaps.output.weight"
    static let outputBias = "gaps.output.bias"
    static let bias = "gaps.bias"
    static let all = [embedding, hiddenWeight, hiddenBias, outputWeight, outputBias, bias]
  }

  /// Takes an encoder's tensors out of a file's; nil where there are none.
  ///
  /// - Throws: ``ModelFileError`` where some are missing, or do not fit one another or the vocabulary.
  init?(_ tensors: [String: Tensor], words: Int) throws {
    let own = tensors.filter { $0.key.hasPrefix("gaps.") }
    if own.isEmpty { return nil }
    func shape(_ name: String) throws -> [Int] {
      guard let tensor = own[name] else {
        throw ModelFileError("the encoder of gaps lacks the tensor \"\(name)\": train the model again")
      }
      guard tensor.values.allSatisfy(\.isFinite) else {
        throw ModelFileError("the tensor \"\(name)\" holds values that are no finite numbers: train the model again")
      }
      return tensor.shape
    }
    let embedding = try shape(Name.embedding)
    let weight = try shape(Name.hiddenWeight)
    guard embedding.count == 2, embedding[0] == words + 1, embedding[1] > 0, weight.count == 2, weight[0] > 0,
      weight[1] > 0, weight[1] % (2 * embedding[1]) == 0, try shape(Name.hiddenBias) == [weight[0]],
      try shape(Name.outputWeight) == [embedding[1], weight[0]], try shape(Name.outputBias) == [embedding[1]],
      try shape(Name.bias) == [words], own.count == Name.all.count
    else {
      throw ModelFileError("the tensors of the encoder of gaps do not fit one another: train the model again")
    }
    self.words = words
    dimension = embedding[1]
    hidden = weight[0]
    reach = weight[1] / (2 * embedding[1])
    self.tensors = own
  }

  /// What is around a gap: `2 * reach` numbers of words, from the farthest on the left to the farthest on the right;
  /// `words` where the sentence ends before.
  ///
  /// - Parameters:
  ///   - sentence: numbers of words; words that are in no vocabulary are left out beforehand, as in training.
  ///   - gap: how many of them stand before the gap.
  ///   - skipping: how many words the gap takes the place of: 1 where it is a word of the sentence, else 0.
  public func context(_ sentence: [Int32], gap: Int, skipping: Int = 0) -> [Int32] {
    let left = (0..<reach).map { gap - reach + $0 }
    let right = (0..<reach).map { gap + skipping + $0 }
    return (left + right).map { sentence.indices.contains($0) ? sentence[$0] : Int32(words) }
  }

  /// The logarithm of each word's share in the softmax, `[contexts.count, words]`.
  ///
  /// - Parameter contexts: as ``context(_:gap:skipping:)`` makes them.
  public func logShares(_ contexts: [[Int32]], workers: Workers = Workers()) -> Tensor {
    MatrixProduct.prepare()
    var result = Tensor(shape: [contexts.count, words])
    let blocks = (contexts.count + Self.block - 1) / Self.block
    result.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      nonisolated(unsafe) let scores = base
      workers.forEach(blocks) { block, _ in
        let rows = block * Self.block..<min((block + 1) * Self.block, contexts.count)
        scoreBlock(contexts[rows], into: scores + rows.lowerBound * words)
      }
    }
    return result
  }

  private static let block = 32

  private func scoreBlock(_ contexts: ArraySlice<[Int32]>, into scores: UnsafeMutablePointer<Float>) {
    let rows = contexts.count
    let width = 2 * reach * dimension
    var joined = [Float](repeating: 0, count: rows * width)
    var units = [Float](repeating: 0, count: rows * hidden)
    var output = [Float](repeating: 0, count: rows * dimension)
    with(Name.embedding) { embedding in
      for (row, context) in contexts.enumerated() {
        for (place, word) in context.enumerated() {
          for i in 0..<dimension {
            joined[row * width + place * dimension + i] = embedding[Int(word) * dimension + i]
          }
        }
      }
      with(Name.hiddenWeight) {
        MatrixProduct.multiply(m: rows, n: hidden, k: width, joined, $0, transposeB: true, into: &units)
      }
      with(Name.hiddenBias) { bias in
        for i in units.indices { units[i] = max(0, units[i] + bias[i % hidden]) }
      }
      with(Name.outputWeight) {
        MatrixProduct.multiply(m: rows, n: dimension, k: hidden, units, $0, transposeB: true, into: &output)
      }
      with(Name.outputBias) { bias in
        for i in output.indices { output[i] += bias[i % dimension] }
      }
      MatrixProduct.multiply(m: rows, n: words, k: dimension, output, embedding, transposeB: true, into: scores)
    }
    with(Name.bias) { bias in
      for row in 0..<rows {
        let own = scores + row * words
        var most = -Float.infinity
        for word in 0..<words {
          own[word] += bias[word]
          most = max(most, own[word])
        }
        var sum = 0.0
        for word in 0..<words { sum += Double(exp(own[word] - most)) }
        let shift = most + Float(log(sum))
        for word in 0..<words { own[word] -= shift }
      }
    }
  }

  private func with(_ name: String, _ body: (UnsafePointer<Float>) -> Void) {
    tensors[name]?.withUnsafeBufferPointer { values in
      if let base = values.baseAddress { body(base) }
    }
  }
}
