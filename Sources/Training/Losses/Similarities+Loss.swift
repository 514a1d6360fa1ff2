import Networks

extension Similarities {
  /// The mean loss over the terms of all rows of a batch, each compared with all others, with its gradient.
  ///
  /// - Parameter row: given a row's place, all similarities, and the derivatives by that row's to be added to, the sum of
  ///   its terms, how many they are, and how many of them a stranger spoils.
  static func loss(
    of batch: LossBatch, row: (Int, Similarities, inout [Float]) -> (sum: Double, terms: Int, wrong: Int)
  ) -> LossValue {
    let (rows, n) = (batch.embeddings.values, batch.count)
    let similarities = Similarities(rows, rows, dimension: batch.dimension)
    var derivatives: [Float] = []
    derivatives.reserveCapacity(n * n)
    var (total, terms, wrong) = (0.0, 0, 0)
    for i in 0..<n {
      var own = [Float](repeating: 0, count: n)
      let value = row(i, similarities, &own)
      (total, terms, wrong) = (total + value.sum, terms + value.terms, wrong + value.wrong)
      derivatives += own
    }
    return similarities.value(
      of: total, derivatives, rows, terms: terms, active: wrong, shape: batch.embeddings.shape)
  }

  /// The mean of `total` over `terms`, with the gradient of rows that were compared with themselves.
  func value(
    of total: Double, _ derivatives: [Float], _ rows: [Float], terms: Int, active: Int, shape: [Int]
  ) -> LossValue {
    let share = 1 / Float(max(terms, 1))
    let scaled = derivatives.map { $0 * share }
    var gradient = [Float](repeating: 0, count: rows.count)
    backward(scaled, rows, into: &gradient)
    backwardTransposed(scaled, rows, into: &gradient)
    return LossValue(
      loss: total / Double(max(terms, 1)), gradient: Tensor(shape: shape, values: gradient),
      active: Double(active) / Double(max(terms, 1)))
  }
}
