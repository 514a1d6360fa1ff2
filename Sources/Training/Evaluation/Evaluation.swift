import Networks

/// The identity-disjoint protocol: one set of figures for every folder of identities.
///
/// - Verification, over all n(n−1)/2 pairs: the equal error rate, where the false-accept rate (FAR) and the false-reject
///   rate cross (the mean of the two at the nearest threshold), and TAR@FAR f, the share of genuine pairs strictly nearer
///   than the (⌊f × impostors⌋ + 1)-th nearest impostor, so that the FAR never exceeds f.
/// - Closed set: every draw enrols g random images of every identity (all but one where there are fewer than g + 1),
///   every other image is a probe, the identity of the nearest enrolled embedding wins.
/// - Open set: every draw enrols half of the identities with 5 images (or all but one). Their other images are mated
///   probes, all images of the other half are strangers. The threshold is the largest with FPIR ≤ f, so with fewer
///   than 1/f strangers none may be accepted. DIR counts the mated probes whose own identity is nearest and accepted.
/// - Retrieval, each image against all others: recall@1, recall@5 and MAP@R (Musgrave, Belongie and Lim 2020).
/// - Intervals: the 95 % percentile bootstrap over identities. A genuine pair weighs as often as its identity was
///   drawn, an impostor pair the product of both; galleries stay whole, probes are weighed by identity, thresholds are
///   set anew. Resamples in which a figure is undefined are left out of its interval.
///
/// Equal distances: a genuine pair as far apart as the threshold's impostor is not accepted; among equally near
/// enrolled embeddings the one enrolled first wins; in retrieval the one with the smaller index comes first.
public enum Evaluation {
  /// How two embeddings compare.
  public enum Metric: String, Codable, Sendable, Hashable, CaseIterable {
    /// ‖a − b‖₂.
    case euclidean
    /// ‖a/‖a‖ − b/‖b‖‖₂: the order of cosine similarity, in the Euclidean distance of the unit vectors.
    case cosine
  }

  /// The most images of one evaluation. All pairs are looked at, and memory is about 8 bytes a pair.
  public static let maximumImages = 16_000

  /// Evaluates one embedding a row.
  ///
  /// - Parameters:
  ///   - embeddings: `[n, d]`.
  ///   - labels: `[n]`, the identity of every row; any integers.
  ///   - draws: how many random enrolments the closed-set and open-set figures average over.
  ///   - bootstrap: how many resamples an interval rests on; 0 for none.
  ///   - seed: the same seed gives the same draws and the same report.
  ///
  /// Throws ``EvaluationError`` when rows differ in length or hold NaN or infinity, when labels are missing, when there
  /// are fewer than two identities or no identity with two images, or when there are too many images.
  public static func evaluate(
    embeddings: [[Float]], labels: [Int], metric: Metric, draws: Int = 20, bootstrap: Int = 200, seed: UInt64 = 0
  ) throws -> IdentificationReport {
    let dimension = embeddings.first?.count ?? 0
    for (index, row) in embeddings.enumerated() where row.count != dimension {
      throw EvaluationError(
        "embedding \(index) has \(row.count) values, embedding 0 has \(dimension): use one embedder")
    }
    return try evaluate(
      embeddings: embeddings.flatMap { $0 }, dimension: dimension, labels: labels, metric: metric, draws: draws,
      bootstrap: bootstrap, seed: seed)
  }

  /// Evaluates embeddings `[n, dimension]` that lie row after row; see
  /// ``evaluate(embeddings:labels:metric:draws:bootstrap:seed:)``.
  public static func evaluate(
    embeddings: [Float], dimension: Int, labels: [Int], metric: Metric, draws: Int = 20, bootstrap: Int = 200,
    seed: UInt64 = 0
  ) throws -> IdentificationReport {
    guard dimension > 0, embeddings.count == labels.count.multipliedReportingOverflow(by: dimension).partialValue else {
      throw EvaluationError(
        "\(embeddings.count) values are not \(labels.count) labelled rows of \(dimension): give one label a row")
    }
    let identities = try LabelledIdentities(labels)
    if let bad = embeddings.firstIndex(where: { !$0.isFinite }) {
      throw EvaluationError(
        "embedding \(bad / dimension) holds \(embeddings[bad]): the embedder made no usable vector of that image")
    }
    return report(
      EmbeddingDistances(embeddings, dimension: dimension, metric: metric), identities, draws: draws,
      bootstrap: bootstrap, seed: seed)
  }

  /// Evaluates a symmetric matrix of distances `[n, n]`, row after row; see
  /// ``evaluate(embeddings:labels:metric:draws:bootstrap:seed:)``.
  ///
  /// Throws ``EvaluationError`` also when a distance is negative, NaN or infinite.
  public static func evaluate(
    distances: [Double], labels: [Int], draws: Int = 20, bootstrap: Int = 200, seed: UInt64 = 0
  ) throws -> IdentificationReport {
    let identities = try LabelledIdentities(labels)
    guard distances.count == labels.count * labels.count else {
      throw EvaluationError("\(distances.count) distances are not \(labels.count) × \(labels.count): one label a row")
    }
    if let bad = distances.firstIndex(where: { !($0.isFinite && $0 >= 0) }) {
      throw EvaluationError(
        "the distance of \(bad / labels.count) and \(bad % labels.count) is \(distances[bad]), not finite and ≥ 0")
    }
    return report(
      MatrixDistances(values: distances, count: labels.count), identities, draws: draws, bootstrap: bootstrap,
      seed: seed)
  }

  private static func report(
    _ distances: some PairwiseDistances, _ identities: LabelledIdentities, draws: Int, bootstrap: Int, seed: UInt64
  ) -> IdentificationReport {
    var random = SplitMix64(seed: seed)
    let trials = IdentificationTrials(identities, draws: max(draws, 1), random: &random)
    let weights = BootstrapWeights(
      identities: identities.count, resamples: max(bootstrap, 0), seed: seed &+ 1)
    let scan = PairScan(distances, identities, trials)

    let verification = scan.verification.figures(weights)
    let closed = [scan.rank1With1, scan.rank1With5].map { scores in
      weights.figure { weights in scores.mean(weighted: weights) }
    }
    let open = trials.openSetFigures(scan.openSet, identities, weights)
    let retrieval = [scan.recallAt1, scan.recallAt5, scan.mapAtR].map { scores in
      weights.figure { weights in scores.mean(weighted: weights) }
    }
    return IdentificationReport(
      eer: verification.eer, tarAtFAR1Percent: verification.tarAt1Percent,
      tarAtFAR01Percent: verification.tarAt01Percent, rank1With1: closed[0], rank1With5: closed[1],
      dirAtFPIR1Percent: open.at1Percent, dirAtFPIR10Percent: open.at10Percent, recallAt1: retrieval[0],
      recallAt5: retrieval[1], mapAtR: retrieval[2], images: identities.images, identities: identities.count,
      notes: EvaluationNotes.notes(
        identities, impostorPairs: scan.verification.impostorPairs, trials: trials), roc: scan.verification.curve())
  }
}
