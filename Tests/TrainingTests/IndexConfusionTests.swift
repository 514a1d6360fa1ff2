import LikenessTraining
import Networks
import Testing

@Suite("Hard negatives found by the index")
struct IndexConfusionTests {
  /// Twelve identities on a circle: each is nearest to its two neighbours.
  private static func circle() -> (embeddings: [Float], labels: [Int]) {
    var random = SeededRandom(seed: 4)
    var embeddings: [Float] = []
    var labels: [Int] = []
    for identity in 0..<12 {
      for _ in 0..<6 {
        let angle = Double(identity) / 12 * 2 * .pi + random.uniform(-0.1, 0.1)
        embeddings += [Float(cosine(angle)), Float(cosine(angle - .pi / 2)), 0, 0]
        labels.append(identity)
      }
    }
    return (embeddings, labels)
  }

  private static func cosine(_ x: Double) -> Double {
    // Enough of the series for a test.
    var (term, sum) = (1.0, 1.0)
    for k in 1..<24 {
      term *= -x * x / Double((2 * k - 1) * (2 * k))
      sum += term
    }
    return sum
  }

  @Test("an identity's first confusions are its neighbours, and never itself")
  func neighbours() throws {
    let (embeddings, labels) = Self.circle()
    for workers in [1, 2] {
      let confusions = try IndexConfusions(embeddings: embeddings, dimension: 4, labels: labels, workers: workers).of
      #expect(confusions.count == 12)
      for (identity, others) in confusions {
        #expect(!others.contains(identity))
        #expect(Set(others.prefix(2)) == [(identity + 1) % 12, (identity + 11) % 12])
      }
    }
  }

  @Test("batches bring the confused together, and still show everybody")
  func batches() throws {
    let (embeddings, labels) = Self.circle()
    let confusions = try IndexConfusions(embeddings: embeddings, dimension: 4, labels: labels, workers: 1).of
    func neighboursPerBatch(_ confusions: [Int: [Int]]) throws -> (Double, Set<Int>) {
      var sampler = try IdentityBatchSampler(labels: labels, identities: 4, pictures: 2, seed: 1)
      sampler.confuse(confusions)
      var (pairs, seen) = (0, Set<Int>())
      for _ in 0..<60 {
        let batch = sampler.next()
        #expect(batch.count == 8)
        let identities = Set(batch.map { labels[$0] })
        #expect(identities.count == 4)
        for row in stride(from: 0, to: 8, by: 2) { #expect(labels[batch[row]] == labels[batch[row + 1]]) }
        pairs += identities.filter { identities.contains(($0 + 1) % 12) }.count
        seen.formUnion(batch)
      }
      return (Double(pairs) / 60, seen)
    }
    let mined = try neighboursPerBatch(confusions)
    let shuffled = try neighboursPerBatch([:])
    #expect(mined.0 >= 1.5, "\(mined.0) neighbours a batch")
    #expect(shuffled.0 < mined.0 - 0.3)
    #expect(mined.1.count == labels.count)
  }
}
