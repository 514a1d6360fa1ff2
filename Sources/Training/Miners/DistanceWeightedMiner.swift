import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Every anchor–positive pair with a negative drawn so that all distances are equally likely (Wu et al. 2017, arXiv
/// 1706.07567): with the reciprocal of the density of distances between random points of the unit sphere,
///
///     q(d) ∝ d^(n−2) (1 − d²/4)^((n−3)/2)
///
/// Distances below 0.5 count as 0.5, or the noise of the very nearest would rule; negatives beyond 1.4 have nothing to
/// teach and are drawn only where there are no others.
struct DistanceWeightedMiner: MiningStrategy {
  private static let least: Double = 0.5
  private static let most: Float = 1.4

  func mine(_ anchor: MinedAnchor, into triplets: inout [Triplet], random: inout SeededRandom) {
    let near = anchor.negatives.filter { anchor.distance($0) < Self.most }
    let negatives = near.isEmpty ? anchor.negatives : near
    let n = Double(anchor.dimension)
    let logs = negatives.map { negative -> Double in
      let d = min(max(Double(anchor.distance(negative)), Self.least), 1.999)
      return -((n - 2) * log(d) + (n - 3) / 2 * log(1 - d * d / 4))
    }
    let largest = logs.max() ?? 0
    let weights = logs.map { exp($0 - largest) }
    let sum = weights.reduce(0, +)
    for positive in anchor.positives {
      var left = random.uniform() * sum
      let chosen = weights.firstIndex { weight in
        left -= weight
        return left < 0
      }
      triplets.append(
        Triplet(anchor: anchor.row, positive: positive, negative: negatives[chosen ?? negatives.count - 1]))
    }
  }
}
