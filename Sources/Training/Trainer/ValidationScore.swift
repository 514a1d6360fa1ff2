import Networks

/// Looks at a network through the eyes of identities it does not train on.
struct ValidationScore {
  /// What is looked at.
  struct Figures: Sendable, Codable {
    /// The mean of MAP@R and TAR at FAR 1 %: how well the near are ranked, and how well strangers are kept out.
    var score: Double
    /// The score's standard error, from a bootstrap over identities; at least one over their number, since a score of
    /// 1 on few people leaves the bootstrap nothing to vary.
    var standardError: Double
    /// The equal error rate.
    var eer: Double
    /// The mean length of embeddings before they are brought to length 1; nil where the network does not do that.
    var embeddingNorm: Double?
  }

  private let architecture: Architecture
  private let validation: LabelledInputs
  private let mirrors: Bool
  private let workers: Int?

  /// Nil where the identities are too few to say anything.
  ///
  /// - Parameter mirrors: whether a mirrored input is of the same identity, so that the finished model may look at both.
  init?(architecture: Architecture, validation: LabelledInputs, mirrors: Bool, workers: Int?) {
    guard Set(validation.labels).count >= 2 else { return nil }
    self.architecture = architecture
    self.validation = validation
    self.mirrors = mirrors
    self.workers = workers
  }

  /// Embeds the validation inputs as the finished model would, and measures.
  func evaluate(_ weights: [String: Tensor]) throws -> Figures {
    let model = try EmbeddingModel(architecture: architecture, weights: weights, mirrorMean: mirrors)
    let embeddings = try model.embed(validation.tensor, workers: workers ?? Workers.cores)
    let norm = try embeddingNorm(weights)
    let report = try Evaluation.evaluate(
      embeddings: embeddings.values, dimension: model.dimension, labels: validation.labels, metric: .euclidean,
      draws: 1, bootstrap: 64, seed: 0)
    let parts = [report.mapAtR, report.tarAtFAR1Percent]
    let spread = parts.reduce(0) { $0 + (($1.high ?? $1.value) - ($1.low ?? $1.value)) }
    return Figures(
      score: parts.reduce(0) { $0 + $1.value } / 2,
      standardError: max(spread / 2 / (2 * 1.96), 1 / Double(report.identities)), eer: report.eer.value,
      embeddingNorm: norm)
  }

  /// Looks at some inputs with the network up to its last step.
  private func embeddingNorm(_ weights: [String: Tensor]) throws -> Double? {
    guard architecture.layers.last == .l2Normalization else { return nil }
    let open = try EmbeddingModel(
      architecture: Architecture(input: architecture.input, layers: architecture.layers.dropLast()), weights: weights)
    let step = max(1, validation.count / 32)
    let sample = validation.rows(Array(Swift.stride(from: 0, to: validation.count, by: step)))
    let embeddings = try open.embed(sample.tensor, workers: workers ?? Workers.cores)
    var sum = 0.0
    embeddings.withUnsafeBufferPointer { values in
      for row in 0..<sample.count {
        var square = 0.0
        for d in row * open.dimension..<(row + 1) * open.dimension { square += Double(values[d]) * Double(values[d]) }
        sum += square.squareRoot()
      }
    }
    return sum / Double(max(sample.count, 1))
  }
}
