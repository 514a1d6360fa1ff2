import Networks

/// Every anchor–positive pair with every negative.
struct BatchAllMiner: MiningStrategy {
  func mine(_ anchor: MinedAnchor, into triplets: inout [Triplet], random: inout SeededRandom) {
    for positive in anchor.positives {
      for negative in anchor.negatives {
        triplets.append(Triplet(anchor: anchor.row, positive: positive, negative: negative))
      }
    }
  }
}
