import Networks

extension EmbeddingModel {
  /// The embeddings of prepared inputs, row after row; some hundreds at a time, so that normalized copies stay few.
  func embed(_ inputs: LabelledInputs, workers: Int) throws -> [Float] {
    var embeddings: [Float] = []
    embeddings.reserveCapacity(inputs.count * dimension)
    for start in stride(from: 0, to: inputs.count, by: 256) {
      let batch = inputs.rows(Array(start..<min(start + 256, inputs.count)))
      embeddings += try embed(batch.tensor, workers: workers).values
    }
    return embeddings
  }
}
