import LikenessTraining
import Networks
import Testing

@Suite("The triplet loss")
struct TripletLossTests {
  private static func embeddings(_ rows: [[Float]]) -> Tensor {
    Tensor(shape: [rows.count, rows[0].count], values: rows.flatMap { $0 })
  }

  @Test("is max(‖a−p‖ − ‖a−n‖ + margin, 0), unsquared")
  func definition() {
    let rows: [[Float]] = [[0, 0], [3, 4], [6, 8], [0, 5.5]]
    let embeddings = Self.embeddings(rows)
    let distances = PairDistances(embeddings)
    #expect(distances[0, 1] == 5 && distances[0, 2] == 10 && distances[1, 0] == 5)
    let loss = TripletLoss(margin: 0.75)
    // 5 − 5.5 + 0.75 = 0.25; 5 − 10 + 0.75 < 0
    let near = loss.evaluate(
      embeddings, distances: distances, triplets: [Triplet(anchor: 0, positive: 1, negative: 3)])
    #expect(abs(near.loss - 0.25) < 1e-6)
    let far = loss.evaluate(
      embeddings, distances: distances, triplets: [Triplet(anchor: 0, positive: 1, negative: 2)])
    #expect(far.loss == 0 && far.active == 0)
    #expect(far.gradient.values.allSatisfy { $0 == 0 })
    let both = loss.evaluate(
      embeddings, distances: distances,
      triplets: [Triplet(anchor: 0, positive: 1, negative: 3), Triplet(anchor: 0, positive: 1, negative: 2)])
    #expect(abs(both.loss - 0.125) < 1e-6 && both.active == 0.5)
    let overActive = loss.evaluate(
      embeddings, distances: distances,
      triplets: [Triplet(anchor: 0, positive: 1, negative: 3), Triplet(anchor: 0, positive: 1, negative: 2)],
      overActive: true)
    #expect(abs(overActive.loss - 0.25) < 1e-6)
  }

  @Test("its gradient agrees with finite differences", arguments: TripletMiner.allCases)
  func gradient(_ miner: TripletMiner) {
    var random = SeededRandom(seed: 4)
    let labels = [0, 0, 0, 1, 1, 1, 2, 2, 2]
    var rows = labels.map { _ in (0..<5).map { _ in Float(random.normal()) } }
    let loss = TripletLoss(margin: 0.9)
    var chance = SeededRandom(seed: 1)
    // Triplets and weights are constants of the gradient, as in training.
    let triplets = miner.triplets(
      distances: PairDistances(Self.embeddings(rows)), labels: labels, margin: loss.margin, hardness: 2, random: &chance
    )
    func value() -> LossValue {
      let embeddings = Self.embeddings(rows)
      return loss.evaluate(
        embeddings, distances: PairDistances(embeddings), triplets: triplets, overActive: miner == .softHard)
    }
    let gradient = value().gradient.values
    #expect(gradient.contains { abs($0) > 1e-3 })
    for row in rows.indices {
      for d in 0..<5 {
        let kept = rows[row][d]
        rows[row][d] = kept + 1e-3
        let up = value().loss
        rows[row][d] = kept - 1e-3
        let down = value().loss
        rows[row][d] = kept
        #expect(abs((up - down) / 2e-3 - Double(gradient[row * 5 + d])) < 2e-3, "row \(row), value \(d)")
      }
    }
  }

  @Test("equal embeddings cost the margin and have a gradient of zero, not NaN")
  func zeroDistance() {
    let embeddings = Self.embeddings([[1, 2], [1, 2], [1, 2]])
    let value = TripletLoss(margin: 0.2).evaluate(
      embeddings, distances: PairDistances(embeddings), triplets: [Triplet(anchor: 0, positive: 1, negative: 2)])
    #expect(abs(value.loss - 0.2) < 1e-7)
    #expect(value.gradient.values.allSatisfy { $0 == 0 })
  }
}

@Suite("Triplet miners")
struct TripletMinerTests {
  private static let labels = [0, 0, 0, 1, 1, 2, 2, 2, 3]

  private static func distances(seed: UInt64) -> PairDistances {
    var random = SeededRandom(seed: seed)
    return PairDistances(
      Tensor(shape: [labels.count, 3], values: (0..<labels.count * 3).map { _ in Float(random.normal()) }))
  }

  @Test(
    "every triplet has a positive of the anchor's identity and a negative of another", arguments: TripletMiner.allCases)
  func sound(_ miner: TripletMiner) {
    for seed in UInt64(0)..<20 {
      var random = SeededRandom(seed: seed)
      let triplets = miner.triplets(
        distances: Self.distances(seed: seed), labels: Self.labels, margin: 0.5, random: &random)
      #expect(!triplets.isEmpty)
      for triplet in triplets {
        #expect(triplet.anchor != triplet.positive)
        #expect(Self.labels[triplet.anchor] == Self.labels[triplet.positive])
        #expect(Self.labels[triplet.anchor] != Self.labels[triplet.negative])
        // The only picture of its identity is no anchor, having no positive.
        #expect(triplet.anchor != 8)
      }
    }
  }

  @Test("batch-hard takes the farthest positive and the nearest negative of every anchor")
  func batchHard() {
    let distances = Self.distances(seed: 5)
    var random = SeededRandom(seed: 0)
    let triplets = TripletMiner.batchHard.triplets(
      distances: distances, labels: Self.labels, margin: 0.5, random: &random)
    #expect(triplets.map(\.anchor) == Array(0..<8))
    for triplet in triplets {
      for row in Self.labels.indices where row != triplet.anchor {
        if Self.labels[row] == Self.labels[triplet.anchor] {
          #expect(distances[triplet.anchor, row] <= distances[triplet.anchor, triplet.positive])
        } else {
          #expect(distances[triplet.anchor, row] >= distances[triplet.anchor, triplet.negative])
        }
      }
    }
  }

  @Test("semi-hard negatives lie beyond the positive by less than the margin, wherever there are such")
  func semiHard() {
    for seed in UInt64(0)..<20 {
      let distances = Self.distances(seed: seed)
      var random = SeededRandom(seed: seed)
      for triplet in TripletMiner.semiHard.triplets(
        distances: distances, labels: Self.labels, margin: 0.5, random: &random)
      {
        let near = distances[triplet.anchor, triplet.positive]
        let zone = Self.labels.indices.filter {
          Self.labels[$0] != Self.labels[triplet.anchor] && distances[triplet.anchor, $0] > near
            && distances[triplet.anchor, $0] < near + 0.5
        }
        #expect(zone.isEmpty || zone.contains(triplet.negative))
      }
    }
  }

  @Test("distance-weighted draws negatives so that near and far ones are as likely as there are distances")
  func distanceWeighted() {
    // One anchor and positive; of 64 negatives one is at 0.8 and the others near 1.38, as random points would be.
    var rows: [[Float]] = [[1, 0, 0, 0], [1, 0, 0, 0]]
    func negative(_ distance: Float, _ angle: Float) -> [Float] {
      let cosine = 1 - distance * distance / 2
      let sine = (1 - cosine * cosine).squareRoot()
      return [cosine, sine * angle, sine * (1 - angle * angle).squareRoot(), 0]
    }
    rows.append(negative(0.8, 0))
    for i in 0..<63 { rows.append(negative(1.38, Float(i) / 63)) }
    let distances = PairDistances(Tensor(shape: [rows.count, 4], values: rows.flatMap { $0 }))
    let labels = [0, 0] + [Int](repeating: 1, count: 64)
    var random = SeededRandom(seed: 3)
    func share(dimension: Int) -> Double {
      var near = 0
      for _ in 0..<400 {
        let mined = TripletMiner.distanceWeighted.triplets(
          distances: distances, labels: labels, margin: 0.2, dimension: dimension, random: &random)
        near += mined.filter { $0.anchor < 2 && $0.negative == 2 }.count
      }
      return Double(near) / 800
    }
    // In many dimensions random points hardly ever come that near, so the near one weighs most.
    #expect(share(dimension: 4) < 0.15)
    #expect(share(dimension: 64) > 0.9)
  }

  @Test("soft-hard is batch all at hardness 0 and comes to batch hard as it grows")
  func softHard() {
    let distances = Self.distances(seed: 6)
    var random = SeededRandom(seed: 0)
    func mined(_ miner: TripletMiner, _ hardness: Float = 0) -> [Triplet] {
      miner.triplets(distances: distances, labels: Self.labels, margin: 0.5, hardness: hardness, random: &random)
    }
    let soft = mined(.softHard)
    #expect(
      soft.map { [$0.anchor, $0.positive, $0.negative] }
        == mined(.batchAll).map { [$0.anchor, $0.positive, $0.negative] })
    for anchor in 0..<8 {
      let own = soft.filter { $0.anchor == anchor }
      #expect(own.allSatisfy { abs($0.weight - 1 / Float(own.count)) < 1e-6 })
    }
    let sharp = mined(.softHard, 5_000)
    for hard in mined(.batchHard) {
      let own = sharp.filter { $0.anchor == hard.anchor }.max { $0.weight < $1.weight }
      #expect(own?.positive == hard.positive && own?.negative == hard.negative)
    }
  }
}
