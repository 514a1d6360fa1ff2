import Networks

/// Every anchor with its farthest positive and its nearest negative (Hermans, Beyer & Leibe 2017, arXiv 1703.07737).
struct BatchHardMiner: MiningStrategy {
  func mine(_ anchor: MinedAnchor, into triplets: inout [Triplet], random: inout SeededRandom) {
    triplets.append(
      Triplet(
        anchor: anchor.row, positive: anchor.farthest(anchor.positives), negative: anchor.nearest(anchor.negatives)))
  }
}
