import LikenessTraining
import Networks
import Testing

@Suite("Batches and folds")
struct SamplingTests {
  /// Identities with 1 to 7 rows each.
  private static let labels: [Int] = (0..<12).flatMap { identity in [Int](repeating: identity, count: 1 + identity % 7)
  }

  @Test("a batch has P identities with K rows each, side by side, and never an identity with a single row")
  func balanced() throws {
    var sampler = try IdentityBatchSampler(labels: Self.labels, identities: 5, pictures: 3, seed: 1)
    for _ in 0..<200 {
      let batch = sampler.next()
      #expect(batch.count == 15)
      let identities = stride(from: 0, to: 15, by: 3).map { start -> Int in
        let own = Set(batch[start..<start + 3].map { Self.labels[$0] })
        #expect(own.count == 1)
        return own.first ?? -1
      }
      #expect(Set(identities).count == 5)
      #expect(!identities.contains { identity in Self.labels.filter { $0 == identity }.count == 1 })
    }
  }

  @Test("identities come up equally often, and no row twice before all its identity's rows came once")
  func fair() throws {
    var sampler = try IdentityBatchSampler(labels: Self.labels, identities: 5, pictures: 2, seed: 2)
    var seen: [Int: Int] = [:]
    var rows: [Int: Int] = [:]
    for _ in 0..<400 {
      let batch = sampler.next()
      for start in stride(from: 0, to: batch.count, by: 2) { seen[Self.labels[batch[start]], default: 0] += 1 }
      for row in batch { rows[row, default: 0] += 1 }
    }
    let counts = seen.values
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2)
    for identity in seen.keys {
      let own = Self.labels.indices.filter { Self.labels[$0] == identity }.map { rows[$0] ?? 0 }
      #expect((own.max() ?? 0) - (own.min() ?? 0) <= 1)
    }
  }

  @Test("the same seed deals the same batches, another seed others")
  func seeded() throws {
    func batches(_ seed: UInt64) throws -> [[Int]] {
      var sampler = try IdentityBatchSampler(labels: Self.labels, identities: 4, pictures: 2, seed: seed)
      return (0..<10).map { _ in sampler.next() }
    }
    #expect(try batches(3) == batches(3))
    #expect(try batches(3) != batches(4))
  }

  @Test("fewer than two identities with two rows cannot be trained on")
  func tooFew() {
    #expect(throws: TrainingError.tooFewIdentities(usable: 1, needed: 2)) {
      try IdentityBatchSampler(labels: [0, 0, 1, 2], identities: 2, pictures: 2, seed: 1)
    }
  }

  @Test("no identity stands on both sides of a fold, and which are set aside is the seed's choice")
  func folds() {
    let usable = Set(Self.labels.filter { label in Self.labels.filter { $0 == label }.count > 1 })
    var aside: Set<Int> = []
    for seed in UInt64(0)..<60 {
      let split = ValidationFold(labels: Self.labels, share: 0.17, seed: seed)
      let (training, validation) = (
        Set(split.training.map { Self.labels[$0] }), Set(split.validation.map { Self.labels[$0] })
      )
      #expect(training.isDisjoint(with: validation))
      #expect(validation.count == 2)
      #expect(split.training.count + split.validation.count == Self.labels.count)
      aside.formUnion(validation)
    }
    #expect(aside == usable)
  }

  @Test("a fold that would leave too few identities on either side is empty")
  func noFold() {
    for (labels, share) in [([0, 0, 1, 1, 2, 2], 0.5), ([0, 0, 1, 1], 0.5), (Self.labels, 0)] {
      let split = ValidationFold(labels: labels, share: share, seed: 1)
      #expect(split.validation.isEmpty)
      #expect(split.training == Array(labels.indices))
    }
  }

  @Test("identities with one picture do not count when others are set aside")
  func singles() {
    // Ten with four pictures each, and forty with one.
    let labels = (0..<10).flatMap { [Int](repeating: $0, count: 4) } + (10..<50)
    let split = ValidationFold(labels: labels, share: 0.2, seed: 3)
    #expect(Set(split.validation.map { labels[$0] }).count == 2)
    #expect(split.training.count == labels.count - 8)
  }

  @Test("of identities with thousands of pictures some of each are looked at, and none is trained on")
  func many() {
    let counts = [9_000, 30, 9_000, 7_000, 50, 9_000, 9_000, 40]
    let labels = counts.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    var sizes: Set<Int> = []
    for seed in UInt64(0)..<8 {
      let split = ValidationFold(labels: labels, share: 0.5, seed: seed)
      let aside = Set(split.validation.map { labels[$0] })
      #expect(aside.count == 4 && aside.isDisjoint(with: split.training.map { labels[$0] }))
      #expect(split.validation == split.validation.sorted())
      #expect(split.validation.count <= ValidationFold.mostRows && split.validation.count > ValidationFold.mostRows - 4)
      for label in aside {
        let count = split.validation.count { labels[$0] == label }
        #expect(counts[label] < 100 ? count == counts[label] : count >= 1_000)
        sizes.insert(count)
      }
    }
    #expect(sizes.count > 1)
  }
}
