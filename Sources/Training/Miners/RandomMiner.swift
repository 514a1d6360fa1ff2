import Networks

/// Every anchor–positive pair with one random negative.
struct RandomMiner: MiningStrategy {
  func mine(_ anchor: MinedAnchor, into triplets: inout [Triplet], random: inout SeededRandom) {
    for positive in anchor.positives {
      let negative = anchor.negatives[random.integer(below: anchor.negatives.count)]
      triplets.append(Triplet(anchor: anchor.row, positive: positive, negative: negative))
    }
  }
}
