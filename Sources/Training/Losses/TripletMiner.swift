import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

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
  /// Every triplet, weighted by how hard it is among its anchor's: softmax(βd) over the positives times softmax(−βd)
  /// over the negatives. β = 0 is batch all, β → ∞ batch hard; a β that grows during the training begins with the
  /// safety of the one and ends with the sharpness of the other.
  case softHard = "soft-hard"

  /// Whether the loss is averaged over the triplets that cost something, rather than over all.
  var averagesOverActive: Bool { self == .batchAll || self == .softHard }

  /// Chooses triplets from a batch.
  ///
  /// - Parameters:
  ///   - distances: the batch's pair distances.
  ///   - labels: the identity of each row.
  ///   - margin: the loss's margin, which bounds the semi-hard zone.
  ///   - hardness: β of ``softHard``, in units of one over distance; the other miners ignore it.
  ///   - random: the source of chance; the same state gives the same triplets.
  /// - Returns: triplets in the order of anchors; none where a batch has no positives or no negatives.
  public func triplets(
    distances: PairDistances, labels: [Int], margin: Float, hardness: Float = 10, random: inout SeededRandom
  ) -> [Triplet] {
    var triplets: [Triplet] = []
    for anchor in labels.indices {
      let positives = labels.indices.filter { $0 != anchor && labels[$0] == labels[anchor] }
      let negatives = labels.indices.filter { labels[$0] != labels[anchor] }
      guard !positives.isEmpty, !negatives.isEmpty else { continue }
      switch self {
      case .random:
        for positive in positives {
          let negative = negatives[random.integer(below: negatives.count)]
          triplets.append(Triplet(anchor: anchor, positive: positive, negative: negative))
        }
      case .semiHard:
        for positive in positives {
          let negative = Self.semiHardNegative(
            of: anchor, beyond: distances[anchor, positive], margin: margin, among: negatives, distances: distances,
            random: &random)
          triplets.append(Triplet(anchor: anchor, positive: positive, negative: negative))
        }
      case .batchHard:
        let positive = Self.extreme(positives) { distances[anchor, $0] > distances[anchor, $1] }
        let negative = Self.extreme(negatives) { distances[anchor, $0] < distances[anchor, $1] }
        triplets.append(Triplet(anchor: anchor, positive: positive, negative: negative))
      case .batchAll:
        for positive in positives {
          for negative in negatives {
            triplets.append(Triplet(anchor: anchor, positive: positive, negative: negative))
          }
        }
      case .softHard:
        let near = Self.softmax(positives.map { hardness * distances[anchor, $0] })
        let far = Self.softmax(negatives.map { -hardness * distances[anchor, $0] })
        for (positive, nearWeight) in zip(positives, near) {
          for (negative, farWeight) in zip(negatives, far) {
            triplets.append(
              Triplet(anchor: anchor, positive: positive, negative: negative, weight: nearWeight * farWeight))
          }
        }
      }
    }
    return triplets
  }

  /// A random negative of the semi-hard zone; where that is empty, the nearest beyond the positive, and where no
  /// negative is beyond it, the farthest: hard, but the least so.
  private static func semiHardNegative(
    of anchor: Int, beyond near: Float, margin: Float, among negatives: [Int], distances: PairDistances,
    random: inout SeededRandom
  ) -> Int {
    let zone = negatives.filter { distances[anchor, $0] > near && distances[anchor, $0] < near + margin }
    if !zone.isEmpty { return zone[random.integer(below: zone.count)] }
    let beyond = negatives.filter { distances[anchor, $0] > near }
    return beyond.isEmpty
      ? extreme(negatives) { distances[anchor, $0] > distances[anchor, $1] }
      : extreme(beyond) { distances[anchor, $0] < distances[anchor, $1] }
  }

  private static func softmax(_ values: [Float]) -> [Float] {
    let largest = values.max() ?? 0
    let powers = values.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// The first row that no other beats.
  private static func extreme(_ rows: [Int], isBetter: (Int, Int) -> Bool) -> Int {
    var best = rows[0]
    for row in rows.dropFirst() where isBetter(row, best) { best = row }
    return best
  }
}
