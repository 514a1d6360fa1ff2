/// How well embeddings tell identities apart that were not in training: the figures of ``Evaluation``.
///
/// As JSON every figure is `{"value":…, "low":…, "high":…}` under its own key (`eer`, `tar_at_far_1pct`, …).
public struct IdentificationReport: Codable, Sendable, Hashable {
  /// A figure with its 95 % interval.
  public struct Figure: Codable, Sendable, Hashable {
    /// The figure on all identities, 0…1.
    public let value: Double
    /// The 2.5 % percentile over bootstrapped identities, `nil` without a bootstrap.
    public let low: Double?
    /// The 97.5 % percentile over bootstrapped identities, `nil` without a bootstrap.
    public let high: Double?

    /// A figure of this value, between `low` and `high`.
    public init(value: Double, low: Double?, high: Double?) {
      self.value = value
      self.low = low
      self.high = high
    }

    /// Writes all three keys, `null` where there is no interval.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(value, forKey: .value)
      try container.encode(low, forKey: .low)
      try container.encode(high, forKey: .high)
    }
  }

  /// A point of the ROC curve: accepting every pair at most `distance` apart.
  public struct ROCPoint: Codable, Sendable, Hashable {
    /// The threshold, in the metric's unit.
    public let distance: Double
    /// The share of impostor pairs accepted.
    public let far: Double
    /// The share of genuine pairs accepted.
    public let tar: Double

    /// A point of the curve.
    public init(distance: Double, far: Double, tar: Double) {
      self.distance = distance
      self.far = far
      self.tar = tar
    }
  }

  /// Equal error rate: where FAR and FRR cross over all pairs.
  public let eer: Figure
  /// Share of genuine pairs accepted at a false-accept rate of at most 1 %.
  public let tarAtFAR1Percent: Figure
  /// Share of genuine pairs accepted at a false-accept rate of at most 0.1 %.
  public let tarAtFAR01Percent: Figure
  /// Rank-1 identification rate with one enrolled image an identity.
  public let rank1With1: Figure
  /// Rank-1 identification rate with five enrolled images an identity.
  public let rank1With5: Figure
  /// Detection and identification rate (rank 1) where at most 1 % of strangers are accepted.
  public let dirAtFPIR1Percent: Figure
  /// Detection and identification rate (rank 1) where at most 10 % of strangers are accepted.
  public let dirAtFPIR10Percent: Figure
  /// Share of images whose nearest other image is of their identity.
  public let recallAt1: Figure
  /// Share of images with one of their identity among the five nearest.
  public let recallAt5: Figure
  /// Mean average precision at R (Musgrave et al. 2020).
  public let mapAtR: Figure

  /// How many images were evaluated.
  public let images: Int
  /// How many identities they belong to.
  public let identities: Int

  /// What these data cannot carry, a sentence each; empty where every figure stands.
  public let notes: [String]

  /// The ROC curve over all pairs, thinned, from the strictest threshold to the one that accepts every genuine pair.
  public let roc: [ROCPoint]?

  enum CodingKeys: String, CodingKey {
    case eer
    case tarAtFAR1Percent = "tar_at_far_1pct"
    case tarAtFAR01Percent = "tar_at_far_01pct"
    case rank1With1 = "rank1_1"
    case rank1With5 = "rank1_5"
    case dirAtFPIR1Percent = "dir_at_fpir_1pct"
    case dirAtFPIR10Percent = "dir_at_fpir_10pct"
    case recallAt1 = "recall_at_1"
    case recallAt5 = "recall_at_5"
    case mapAtR = "map_at_r"
    case images, identities, notes, roc
  }

  /// The ten figures in the protocol's order, each with its JSON key and the short name tables use.
  public var figures: [(key: String, name: String, figure: Figure)] {
    let values = [
      eer, tarAtFAR1Percent, tarAtFAR01Percent, rank1With1, rank1With5, dirAtFPIR1Percent, dirAtFPIR10Percent,
      recallAt1, recallAt5, mapAtR,
    ]
    return zip(Self.figureNames, values).map { ($0.key, $0.name, $1) }
  }

  /// The JSON keys and short names of ``figures``.
  static let figureNames: [(key: String, name: String)] = [
    ("eer", "EER"), ("tar_at_far_1pct", "TAR@1%"), ("tar_at_far_01pct", "TAR@.1%"), ("rank1_1", "rank-1 (1)"),
    ("rank1_5", "rank-1 (5)"), ("dir_at_fpir_1pct", "DIR@1%"), ("dir_at_fpir_10pct", "DIR@10%"), ("recall_at_1", "R@1"),
    ("recall_at_5", "R@5"), ("map_at_r", "MAP@R"),
  ]

  /// The same report without its ROC curve.
  public func withoutCurve() -> IdentificationReport {
    IdentificationReport(
      eer: eer, tarAtFAR1Percent: tarAtFAR1Percent, tarAtFAR01Percent: tarAtFAR01Percent, rank1With1: rank1With1,
      rank1With5: rank1With5, dirAtFPIR1Percent: dirAtFPIR1Percent, dirAtFPIR10Percent: dirAtFPIR10Percent,
      recallAt1: recallAt1, recallAt5: recallAt5, mapAtR: mapAtR, images: images, identities: identities, notes: notes,
      roc: nil)
  }
}
