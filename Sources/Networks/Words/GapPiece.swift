import CNetworks

/// What a worker needs for its piece of a batch of gaps: values forwards, derivatives backwards.
final class GapPiece: @unchecked Sendable {
  // Unchecked: one worker writes at a time, and all read afterwards.

  private(set) var rows = 0
  private(set) var loss = 0.0
  let contexts: UnsafeMutablePointer<Int32>
  let truths: UnsafeMutablePointer<Int32>
  private let joined: FloatBuffer
  private let units: FloatBuffer
  private let output: FloatBuffer
  private let scores: FloatBuffer
  private let unitGradient: FloatBuffer
  private let outputGradient: FloatBuffer

  /// The derivative by each gap's own score.
  let own: FloatBuffer
  let joinedGradient: FloatBuffer
  let truthGradient: FloatBuffer
  let columnGradient: FloatBuffer
  let columnBias: FloatBuffer
  /// By the layers, in their order.
  let gradient: FloatBuffer

  init(_ shape: GapTraining.Shape, drawn: Int) {
    let rows = GapTraining.piece
    contexts = .allocate(capacity: rows * 2 * shape.reach)
    truths = .allocate(capacity: rows)
    joined = FloatBuffer(count: rows * shape.width)
    units = FloatBuffer(count: rows * shape.hidden)
    output = FloatBuffer(count: rows * shape.dimension)
    scores = FloatBuffer(count: rows * drawn)
    unitGradient = FloatBuffer(count: rows * shape.hidden)
    outputGradient = FloatBuffer(count: rows * shape.dimension)
    own = FloatBuffer(count: rows)
    joinedGradient = FloatBuffer(count: rows * shape.width)
    truthGradient = FloatBuffer(count: rows * shape.dimension)
    columnGradient = FloatBuffer(count: drawn * shape.dimension)
    columnBias = FloatBuffer(count: drawn)
    gradient = FloatBuffer(count: GapTraining.layerCount(shape))
  }

  deinit {
    contexts.deallocate()
    truths.deallocate()
  }

  func differentiate(
    _ model: GapTraining, contexts given: ArraySlice<Int32>, truths words: ArraySlice<Int32>, drawn: [Int32],
    columns: UnsafePointer<Float>, expected: [Float]
  ) {
    rows = words.count
    for (place, word) in given.enumerated() { contexts[place] = word }
    for (row, word) in words.enumerated() { truths[row] = word }
    forward(model, drawn: drawn, columns: columns, expected: expected)
    loss = cn_words_contrast(scores.base, own.base, rows, drawn.count, drawn, truths)
    backward(model, drawn: drawn.count, columns: columns)
  }

  private func forward(
    _ model: GapTraining, drawn: [Int32], columns: UnsafePointer<Float>, expected: [Float]
  ) {
    let shape = model.shape
    let (d, h) = (shape.dimension, shape.hidden)
    for place in 0..<rows * 2 * shape.reach {
      (joined.base + place * d).update(from: model.embedding.base + Int(contexts[place]) * d, count: d)
    }
    MatrixProduct.multiply(
      m: rows, n: h, k: shape.width, joined.base, model.hiddenWeight, transposeB: true, into: units.base)
    for row in 0..<rows {
      for i in 0..<h { units.base[row * h + i] = max(0, units.base[row * h + i] + model.hiddenBias[i]) }
    }
    MatrixProduct.multiply(m: rows, n: d, k: h, units.base, model.outputWeight, transposeB: true, into: output.base)
    for row in 0..<rows {
      for i in 0..<d { output.base[row * d + i] += model.outputBias[i] }
    }
    MatrixProduct.multiply(m: rows, n: drawn.count, k: d, output.base, columns, transposeB: true, into: scores.base)
    for row in 0..<rows {
      let scores = scores.base + row * drawn.count
      for (k, word) in drawn.enumerated() { scores[k] += model.bias.base[Int(word)] - expected[Int(word)] }
      let word = Int(truths[row])
      var sum: Float = 0
      for i in 0..<d { sum += output.base[row * d + i] * model.embedding.base[word * d + i] }
      own.base[row] = sum + model.bias.base[word] - expected[word]
    }
  }

  private func backward(_ model: GapTraining, drawn: Int, columns: UnsafePointer<Float>) {
    let shape = model.shape
    let (d, h, width) = (shape.dimension, shape.hidden, shape.width)
    let hiddenWeightGradient = gradient.base
    let hiddenBiasGradient = hiddenWeightGradient + h * width
    let outputWeightGradient = hiddenBiasGradient + h
    let outputBiasGradient = outputWeightGradient + d * h

    MatrixProduct.multiply(m: rows, n: d, k: drawn, scores.base, columns, into: outputGradient.base)
    MatrixProduct.multiply(
      m: drawn, n: d, k: rows, scores.base, transposeA: true, output.base, into: columnGradient.base)
    columnBias.base.update(repeating: 0, count: drawn)
    cn_column_sums_add(scores.base, rows, drawn, columnBias.base)
    for row in 0..<rows {
      let embedding = model.embedding.base + Int(truths[row]) * d
      let slope = own.base[row]
      for i in 0..<d {
        outputGradient.base[row * d + i] += slope * embedding[i]
        truthGradient.base[row * d + i] = slope * output.base[row * d + i]
      }
    }
    MatrixProduct.multiply(
      m: d, n: h, k: rows, outputGradient.base, transposeA: true, units.base, into: outputWeightGradient)
    outputBiasGradient.update(repeating: 0, count: d)
    cn_column_sums_add(outputGradient.base, rows, d, outputBiasGradient)
    MatrixProduct.multiply(m: rows, n: h, k: d, outputGradient.base, model.outputWeight, into: unitGradient.base)
    for i in 0..<rows * h where units.base[i] <= 0 { unitGradient.base[i] = 0 }
    MatrixProduct.multiply(
      m: h, n: width, k: rows, unitGradient.base, transposeA: true, joined.base, into: hiddenWeightGradient)
    hiddenBiasGradient.update(repeating: 0, count: h)
    cn_column_sums_add(unitGradient.base, rows, h, hiddenBiasGradient)
    MatrixProduct.multiply(m: rows, n: width, k: h, unitGradient.base, model.hiddenWeight, into: joinedGradient.base)
  }
}
