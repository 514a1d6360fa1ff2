import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Every triplet, weighted by how hard it is among its anchor's: softmax(βd) over the positives times softmax(−βd) over
/// the negatives. β = 0 is batch all, β → ∞ batch hard; a β that grows during the training begins with the safety of the
/// one and ends with the sharpness of the other.
struct SoftHardMiner: MiningStrategy {
  func mine(_ anchor: MinedAnchor, into triplets: inout [Triplet], random: inout SeededRandom) {
    let near = Self.softmax(anchor.positives.map { anchor.hardness * anchor.distance($0) })
    let far = Self.softmax(anchor.negatives.map { -anchor.hardness * anchor.distance($0) })
    for (positive, nearWeight) in zip(anchor.positives, near) {
      for (negative, farWeight) in zip(anchor.negatives, far) {
        triplets.append(
          Triplet(anchor: anchor.row, positive: positive, negative: negative, weight: nearWeight * farWeight))
      }
    }
  }

  private static func softmax(_ values: [Float]) -> [Float] {
    let largest = values.max() ?? 0
    let powers = values.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
