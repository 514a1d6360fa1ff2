import Networks

/// Every anchor–positive pair with a random negative of the semi-hard zone: farther than the positive, by less than the
/// margin (Schroff, Kalenichenko & Philbin 2015, arXiv 1503.03832). Where that is empty, the nearest beyond the
/// positive, and where no negative is beyond it, the farthest: hard, but the least so.
struct SemiHardMiner: MiningStrategy {
  func mine(_ anchor: MinedAnchor, into triplets: inout [Triplet], random: inout SeededRandom) {
    for positive in anchor.positives {
      triplets.append(
        Triplet(anchor: anchor.row, positive: positive, negative: negative(anchor, positive, random: &random)))
    }
  }

  private func negative(_ anchor: MinedAnchor, _ positive: Int, random: inout SeededRandom) -> Int {
    let near = anchor.distance(positive)
    let zone = anchor.negatives.filter { anchor.distance($0) > near && anchor.distance($0) < near + anchor.margin }
    if !zone.isEmpty { return zone[random.integer(below: zone.count)] }
    let beyond = anchor.negatives.filter { anchor.distance($0) > near }
    return beyond.isEmpty ? anchor.farthest(anchor.negatives) : anchor.nearest(beyond)
  }
}
