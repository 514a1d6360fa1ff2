import CNetworks
import Foundation

/// Trains an encoder of gaps: the true word against drawn ones, in the softmax over both (InfoNCE, van den Oord et al.
/// 2018; with the drawn words' expected counts taken out of the scores, Bengio & Senécal 2008).
///
/// A batch's words are drawn once for all its gaps. Rows of the embedding take steps of AdaGrad, the layers of AdamW. Sums
/// are made in an order that the batch alone decides: the result is the same for any number of workers.
package final class GapTraining: @unchecked Sendable {
  // Unchecked: within a step, workers write into memory of their own or into shares that do not overlap.

  /// The shape of an encoder.
  package struct Shape: Sendable {
    package var words: Int
    package var reach: Int
    package var dimension: Int
    package var hidden: Int

    package init(words: Int, reach: Int, dimension: Int, hidden: Int) {
      (self.words, self.reach, self.dimension, self.hidden) = (words, reach, dimension, hidden)
    }

    var width: Int { 2 * reach * dimension }
  }

  /// Gaps a piece: what a worker does at a time.
  package static let piece = 64

  package let shape: Shape
  let embedding: FloatBuffer
  let embeddingSums: FloatBuffer
  let bias: FloatBuffer
  let biasSums: FloatBuffer
  /// Hidden weight, hidden bias, output weight, output bias, end to end; their gradients and moments alike.
  let layers: FloatBuffer
  private let first: FloatBuffer
  private let second: FloatBuffer
  private let gradient: FloatBuffer
  private var pieces: [GapPiece] = []
  private var steps = 0
  private let workers: Workers

  var hiddenWeight: UnsafeMutablePointer<Float> { layers.base }
  var hiddenBias: UnsafeMutablePointer<Float> { layers.base + shape.hidden * shape.width }
  var outputWeight: UnsafeMutablePointer<Float> { hiddenBias + shape.hidden }
  var outputBias: UnsafeMutablePointer<Float> { outputWeight + shape.dimension * shape.hidden }
  static func layerCount(_ shape: Shape) -> Int {
    shape.hidden * shape.width + shape.hidden + shape.dimension * shape.hidden + shape.dimension
  }

  /// An encoder that knows nothing but the words' frequencies.
  ///
  /// - Parameters:
  ///   - bias: the first bias of each word, the logarithm of its share.
  ///   - start: rows of `dimension` values that the embedding begins with; nil for small random ones.
  package init(_ shape: Shape, bias: [Float], start: [Float]? = nil, seed: UInt64, workers: Workers) {
    MatrixProduct.prepare()
    precondition(shape.dimension % 16 == 0, "rows are walked 16 values at a time")
    self.shape = shape
    self.workers = workers
    let count = Self.layerCount(shape)
    embedding = FloatBuffer(count: (shape.words + 1) * shape.dimension)
    embeddingSums = FloatBuffer(count: shape.words + 1)
    self.bias = FloatBuffer(count: shape.words)
    biasSums = FloatBuffer(count: shape.words)
    layers = FloatBuffer(count: count)
    first = FloatBuffer(count: count)
    second = FloatBuffer(count: count)
    gradient = FloatBuffer(count: count)
    for (word, value) in bias.enumerated() { self.bias.base[word] = value }
    var random = SeededRandom(seed: seed).split(0x6761_7073)
    let spread = 0.5 / Double(shape.dimension).squareRoot()
    for i in 0..<embedding.count { embedding.base[i] = Float(spread * random.uniform(-1, 1)) }
    if let start { for i in start.indices { embedding.base[i] = start[i] } }
    // Glorot & Bengio 2010.
    func fill(_ weight: UnsafeMutablePointer<Float>, _ outputs: Int, _ inputs: Int) {
      let bound = (6 / Double(outputs + inputs)).squareRoot()
      for i in 0..<outputs * inputs { weight[i] = Float(random.uniform(-bound, bound)) }
    }
    fill(hiddenWeight, shape.hidden, shape.width)
    fill(outputWeight, shape.dimension, shape.hidden)
  }

  /// One step on a batch.
  ///
  /// - Parameters:
  ///   - contexts: `2 * reach` numbers a gap.
  ///   - truths: the word of each gap.
  ///   - drawn: words drawn for all of them; a multiple of 16.
  ///   - expected: the logarithm of how often each word is expected among the drawn.
  ///   - rowRate: the rate of the embedding's AdaGrad.
  ///   - rate: the rate of the layers' AdamW.
  /// - Returns: the summed loss.
  package func step(
    contexts: [Int32], truths: [Int32], drawn: [Int32], expected: [Float], rowRate: Float, rate: Float
  ) -> Double {
    let loss = differentiate(contexts: contexts, truths: truths, drawn: drawn, expected: expected)
    update(count: (truths.count + Self.piece - 1) / Self.piece, drawn: drawn, rowRate: rowRate, rate: rate)
    return loss
  }

  /// The loss and its derivatives, into the pieces' memory.
  package func differentiate(contexts: [Int32], truths: [Int32], drawn: [Int32], expected: [Float]) -> Double {
    precondition(drawn.count % 16 == 0, "scores are walked 16 at a time")
    let count = (truths.count + Self.piece - 1) / Self.piece
    while pieces.count < count { pieces.append(GapPiece(shape, drawn: drawn.count)) }
    let columns = FloatBuffer(count: drawn.count * shape.dimension)
    for (k, word) in drawn.enumerated() {
      (columns.base + k * shape.dimension).update(
        from: embedding.base + Int(word) * shape.dimension, count: shape.dimension)
    }
    workers.forEach(count) { number, _ in
      let rows = number * Self.piece..<min((number + 1) * Self.piece, truths.count)
      let width = 2 * shape.reach
      pieces[number].differentiate(
        self, contexts: contexts[rows.lowerBound * width..<rows.upperBound * width], truths: truths[rows],
        drawn: drawn, columns: columns.base, expected: expected)
    }
    return pieces[..<count].reduce(0) { $0 + $1.loss }
  }

  /// The layers' gradient, summed over the pieces in their order.
  package func layerGradient(count: Int) -> [Float] {
    gradient.base.update(repeating: 0, count: gradient.count)
    for piece in pieces[..<count] {
      cn_reduce_add(piece.gradient.base, 1, gradient.count, 0, gradient.count, gradient.base)
    }
    return Array(UnsafeBufferPointer(start: gradient.base, count: gradient.count))
  }

  /// The layers' values end to end: hidden weight, hidden bias, output weight, output bias.
  package var layerValues: [Float] {
    get { Array(UnsafeBufferPointer(start: layers.base, count: layers.count)) }
    set { for (i, value) in newValue.enumerated() { layers.base[i] = value } }
  }

  private func update(count: Int, drawn: [Int32], rowRate: Float, rate: Float) {
    let own = pieces[..<count]
    let examples = own.reduce(0) { $0 + $1.rows }
    let scale = 1 / Float(max(1, examples))
    steps += 1
    let settings = cn_adamw_settings(
      beta1: 0.9, beta2: 0.999, epsilon: 1e-8, scale: scale, decay: rate * 1e-4,
      step: rate / Float(1 - pow(0.9, Double(steps))),
      rootScale: Float(1 / (1 - pow(0.999, Double(steps))).squareRoot()))
    // The drawn words' gradients are sums over all pieces.
    let columns = FloatBuffer(count: drawn.count * shape.dimension)
    let columnBias = FloatBuffer(count: drawn.count)
    let slices = 8
    let total = gradient.count
    workers.forEach(slices) { slice, _ in
      let range = Workers.range(of: slice, in: slices, items: total)
      (gradient.base + range.lowerBound).update(repeating: 0, count: range.count)
      for piece in own {
        cn_reduce_add(piece.gradient.base, 1, total, range.lowerBound, range.upperBound, gradient.base)
      }
      let at = range.lowerBound
      cn_adamw(
        layers.base + at, gradient.base + at, first.base + at, second.base + at, range.count, settings)
      let part = Workers.range(of: slice, in: slices, items: columns.count)
      for piece in own {
        cn_reduce_add(piece.columnGradient.base, 1, columns.count, part.lowerBound, part.upperBound, columns.base)
      }
    }
    for piece in own {
      cn_reduce_add(piece.columnBias.base, 1, columnBias.count, 0, columnBias.count, columnBias.base)
    }
    let shares = Int32(workers.count)
    workers.forEach(workers.count) { share, _ in
      let share = Int32(share)
      func add(_ ids: UnsafePointer<Int32>, _ g: UnsafePointer<Float>, _ count: Int) {
        cn_words_adagrad(
          embedding.base, embeddingSums.base, shape.dimension, ids, g, count, rowRate, share, shares)
      }
      for piece in own {
        add(piece.contexts, piece.joinedGradient.base, piece.rows * 2 * shape.reach)
        add(piece.truths, piece.truthGradient.base, piece.rows)
      }
      drawn.withUnsafeBufferPointer { drawn in
        if let ids = drawn.baseAddress { add(ids, columns.base, drawn.count) }
      }
    }
    for piece in own {
      for row in 0..<piece.rows { stepBias(piece.truths[row], piece.own.base[row], rowRate) }
    }
    for (k, word) in drawn.enumerated() { stepBias(word, columnBias.base[k], rowRate) }
  }

  private func stepBias(_ word: Int32, _ slope: Float, _ rate: Float) {
    let word = Int(word)
    biasSums.base[word] += slope * slope
    if biasSums.base[word] > 0 { bias.base[word] -= rate * slope / biasSums.base[word].squareRoot() }
  }

  /// The encoder as it is now.
  ///
  /// - Parameter correction: is added to each word's bias.
  /// - Throws: ``ModelFileError`` where training ended in numbers that are not finite.
  package func encoder(correction: [Float]) throws -> GapEncoder {
    func tensor(_ shape: [Int], _ base: UnsafeMutablePointer<Float>) -> Tensor {
      Tensor(shape: shape, values: Array(UnsafeBufferPointer(start: base, count: shape.reduce(1, *))))
    }
    let biases = zip(UnsafeBufferPointer(start: bias.base, count: bias.count), correction).map { $0 + $1 }
    let tensors = [
      GapEncoder.Name.embedding: tensor([shape.words + 1, shape.dimension], embedding.base),
      GapEncoder.Name.hiddenWeight: tensor([shape.hidden, shape.width], hiddenWeight),
      GapEncoder.Name.hiddenBias: tensor([shape.hidden], hiddenBias),
      GapEncoder.Name.outputWeight: tensor([shape.dimension, shape.hidden], outputWeight),
      GapEncoder.Name.outputBias: tensor([shape.dimension], outputBias),
      GapEncoder.Name.bias: Tensor(shape: [shape.words], values: biases),
    ]
    guard let encoder = try GapEncoder(tensors, words: shape.words) else {
      throw ModelFileError("the encoder of gaps has no tensors")
    }
    return encoder
  }
}

extension GapTraining {
  private var buffers: [String: FloatBuffer] {
    [
      "embedding": embedding, "embedding sums": embeddingSums, "bias": bias, "bias sums": biasSums, "layers": layers,
      "first": first, "second": second,
    ]
  }

  /// All that a resumed training needs, each tensor flat.
  package var state: [String: Tensor] {
    var state = buffers.mapValues {
      Tensor(shape: [$0.count], values: Array(UnsafeBufferPointer(start: $0.base, count: $0.count)))
    }
    // Two float32 hold every step number below 2^48 exactly.
    state["steps"] = Tensor(shape: [2], values: [Float(steps >> 24), Float(steps & 0xFF_FFFF)])
    return state
  }

  /// Takes over the ``state`` of a training of the same shape.
  ///
  /// - Throws: ``NetworkError`` where it does not fit; nothing is changed then.
  package func restore(_ state: [String: Tensor]) throws {
    let parts = state["steps"]?.values ?? []
    guard parts.count == 2, parts.allSatisfy({ (0..<0x1p24).contains($0) }),
      buffers.allSatisfy({ name, buffer in state[name]?.shape == [buffer.count] })
    else { throw NetworkError("the encoder of gaps belongs to another training") }
    for (name, buffer) in buffers {
      state[name]?.withUnsafeBufferPointer { source in
        if let from = source.baseAddress { buffer.base.update(from: from, count: source.count) }
      }
    }
    steps = Int(parts[0]) << 24 + Int(parts[1])
  }
}
