import Networks

/// One way to choose triplets, an anchor at a time.
protocol MiningStrategy: Sendable {
  /// Appends the anchor's triplets; the same state of `random` gives the same ones.
  func mine(_ anchor: MinedAnchor, into triplets: inout [Triplet], random: inout SeededRandom)
}

/// A row of a batch with the others of its identity, and all of other identities; neither is empty.
struct MinedAnchor {
  let row: Int
  let positives: [Int]
  let negatives: [Int]
  let distances: PairDistances
  /// The loss's margin.
  let margin: Float
  /// β of the soft-hard miner.
  let hardness: Float
  /// Values in an embedding.
  let dimension: Int

  /// How far another row is.
  func distance(_ other: Int) -> Float { distances[row, other] }

  /// The first of the nearest.
  func nearest(_ rows: [Int]) -> Int { Self.extreme(rows) { distance($0) < distance($1) } }
  /// The first of the farthest.
  func farthest(_ rows: [Int]) -> Int { Self.extreme(rows) { distance($0) > distance($1) } }

  private static func extreme(_ rows: [Int], isBetter: (Int, Int) -> Bool) -> Int {
    var best = rows[0]
    for row in rows.dropFirst() where isBetter(row, best) { best = row }
    return best
  }
}
