import Networks

/// Which triplets of a batch are trained on.
public enum TripletMiner: String, Sendable, Codable, Hashable, CaseIterable {
  /// Every anchor–positive pair with one random negative.
  case random
  /// Every anchor–positive pair with a negative that is farther than the positive, by less than the margin where there
  /// is one (Schroff, Kalenichenko & Philbin 2015, arXiv 1503.03832).
  case semiHard = "semi-hard"
  /// Every anchor with its farthest positive and its nearest negative (Hermans, Beyer & Leibe 2017, arXiv 1703.07737).
  case batchHard = "batch-hard"
  /// Every anchor–positive pair with every negative.
  case batchAll = "batch-all"
  /// Every triplet, weighted by how hard it is among its anchor's.
  case softHard = "soft-hard"
  /// Every anchor–positive pair with a negative drawn so that all distances are equally likely (Wu et al. 2017, arXiv
  /// 1706.07567).
  case distanceWeighted = "distance-weighted"

  /// Whether the loss is averaged over the triplets that cost something, rather than over all.
  var averagesOverActive: Bool { self == .batchAll || self == .softHard }

  /// How it is done.
  private var strategy: any MiningStrategy {
    switch self {
    case .random: RandomMiner()
    case .semiHard: SemiHardMiner()
    case .batchHard: BatchHardMiner()
    case .batchAll: BatchAllMiner()
    case .softHard: SoftHardMiner()
    case .distanceWeighted: DistanceWeightedMiner()
    }
  }

  /// Chooses triplets from a batch.
  ///
  /// - Parameters:
  ///   - distances: the batch's pair distances.
  ///   - labels: the identity of each row.
  ///   - margin: the loss's margin, which bounds the semi-hard zone.
  ///   - hardness: β of ``softHard``, in units of one over distance; the other miners ignore it.
  ///   - dimension: values in an embedding, for ``distanceWeighted``.
  ///   - random: the source of chance; the same state gives the same triplets.
  /// - Returns: triplets in the order of anchors; none where a batch has no positives or no negatives.
  public func triplets(
    distances: PairDistances, labels: [Int], margin: Float, hardness: Float = 10, dimension: Int = 64,
    random: inout SeededRandom
  ) -> [Triplet] {
    let strategy = strategy
    var triplets: [Triplet] = []
    for row in labels.indices {
      let anchor = MinedAnchor(
        row: row, positives: labels.indices.filter { $0 != row && labels[$0] == labels[row] },
        negatives: labels.indices.filter { labels[$0] != labels[row] }, distances: distances, margin: margin,
        hardness: hardness, dimension: dimension)
      guard !anchor.positives.isEmpty, !anchor.negatives.isEmpty else { continue }
      strategy.mine(anchor, into: &triplets, random: &random)
    }
    return triplets
  }
}
