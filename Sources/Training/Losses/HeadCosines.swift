import Networks

/// The cosines of embeddings with the directions of a head's rows, and the way back.
struct HeadCosines {
  private let embeddings: [Float]
  private let directions: [Float]
  private let lengths: [Float]
  private let dimension: Int
  private let similarities: Similarities

  /// Of a batch with a head; nil without one.
  init?(_ batch: LossBatch) {
    guard let head = batch.head else { return nil }
    dimension = batch.dimension
    embeddings = batch.embeddings.values
    var rows = head.values
    var lengths: [Float] = []
    for start in stride(from: 0, to: rows.count, by: dimension) {
      var square = 0.0
      for d in start..<start + dimension { square += Double(rows[d]) * Double(rows[d]) }
      let length = max(Float(square.squareRoot()), 1e-12)
      for d in start..<start + dimension { rows[d] /= length }
      lengths.append(length)
    }
    directions = rows
    self.lengths = lengths
    similarities = Similarities(embeddings, directions, dimension: dimension)
  }

  /// Rows of the head.
  var identities: Int { similarities.columns }

  /// The cosine of embedding `row` with the head's row `identity`.
  subscript(_ row: Int, _ identity: Int) -> Float { similarities[row, identity] }

  /// Turns derivatives for the cosines, `[rows, identities]`, into both gradients.
  func value(loss: Double, derivatives: [Float], active: Double, shape: [Int]) -> LossValue {
    var gradient = [Float](repeating: 0, count: embeddings.count)
    similarities.backward(derivatives, directions, into: &gradient)
    var head = [Float](repeating: 0, count: directions.count)
    similarities.backwardTransposed(derivatives, embeddings, into: &head)
    // Of a row's own direction only what is across it moves the cosine.
    for identity in lengths.indices {
      let range = identity * dimension..<(identity + 1) * dimension
      var along: Float = 0
      for d in range { along += head[d] * directions[d] }
      for d in range { head[d] = (head[d] - along * directions[d]) / lengths[identity] }
    }
    return LossValue(
      loss: loss, gradient: Tensor(shape: shape, values: gradient), active: active,
      headGradient: Tensor(shape: [lengths.count, dimension], values: head))
  }

  /// The mean cross entropy of `scale ×` logits, which are the cosines but for each row's own identity.
  ///
  /// - Parameter own: from a row's cosine with its own identity, its logit and the logit's derivative.
  func crossEntropy(labels: [Int], scale: Float, shape: [Int], own: (Float) -> (logit: Float, slope: Float))
    -> LossValue
  {
    var derivatives = [Float](repeating: 0, count: labels.count * identities)
    var (total, wrong) = (0.0, 0)
    let share = 1 / Float(max(labels.count, 1))
    for (row, label) in labels.enumerated() {
      let mine = own(self[row, label])
      let logits = (0..<identities).map { scale * ($0 == label ? mine.logit : self[row, $0]) }
      let all = LogSumExp(logits)
      total += all.value - Double(logits[label])
      if (0..<identities).contains(where: { $0 != label && logits[$0] > logits[label] }) { wrong += 1 }
      for identity in 0..<identities {
        let slope = all.shares[identity] - (identity == label ? 1 : 0)
        derivatives[row * identities + identity] = scale * share * slope * (identity == label ? mine.slope : 1)
      }
    }
    return value(
      loss: total * Double(share), derivatives: derivatives, active: Double(wrong) / Double(max(labels.count, 1)),
      shape: shape)
  }
}

extension LossValue {
  /// What a loss with a head says where it was given none.
  static func withoutHead(_ batch: LossBatch) -> LossValue {
    LossValue(loss: .nan, gradient: Tensor(shape: batch.embeddings.shape), active: 0)
  }
}
