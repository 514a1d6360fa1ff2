import Networks

/// P×K batches: P identities, K pictures of each, so that every anchor has positives and negatives.
///
/// Identities are dealt from a shuffled deck that is reshuffled when it runs out, and so are each identity's pictures:
/// nothing is seen twice before everything has been seen once. An identity with fewer than K pictures gives some of
/// them again (each time augmented anew).
public struct IdentityBatchSampler: Sendable {
  /// Identities in a batch.
  public let identities: Int
  /// Pictures of each.
  public let pictures: Int

  private let rows: [[Int]]
  private var deck: [Int] = []
  private var hands: [[Int]]
  private var random: SeededRandom

  /// Deals from rows labelled with identities.
  ///
  /// - Parameters:
  ///   - labels: the identity of each row; identities with a single row are left out, having no positive.
  ///   - identities: P, at most the number of usable identities.
  ///   - pictures: K, at least 2.
  ///   - seed: the order of everything.
  /// - Throws: ``TrainingError`` where fewer than two identities have two pictures.
  public init(labels: [Int], identities: Int, pictures: Int, seed: UInt64) throws {
    var groups: [Int: [Int]] = [:]
    for (row, label) in labels.enumerated() { groups[label, default: []].append(row) }
    let rows = groups.keys.sorted().compactMap { groups[$0] }.filter { $0.count > 1 }
    guard rows.count >= 2 else {
      throw TrainingError.tooFewIdentities(usable: rows.count, needed: 2)
    }
    self.rows = rows
    self.hands = [[Int]](repeating: [], count: rows.count)
    self.identities = min(max(identities, 2), rows.count)
    self.pictures = max(pictures, 2)
    self.random = SeededRandom(seed: seed)
  }

  /// The number of batches after which every identity was dealt about once for each K of its pictures.
  public var batchesPerEpoch: Int {
    let deals = rows.reduce(0) { $0 + ($1.count + pictures - 1) / pictures }
    return max(1, (deals + identities - 1) / identities)
  }

  /// The next batch: `identities × pictures` rows, an identity's rows side by side.
  public mutating func next() -> [Int] {
    var batch: [Int] = []
    batch.reserveCapacity(identities * pictures)
    var chosen: Set<Int> = []
    var setAside: [Int] = []
    while chosen.count < identities {
      if deck.isEmpty { deck = random.shuffled(Array(rows.indices)) }
      let identity = deck.removeLast()
      // A reshuffle can bring back an identity of this very batch: it waits for the next one.
      guard chosen.insert(identity).inserted else {
        setAside.append(identity)
        continue
      }
      batch += deal(identity)
    }
    deck += setAside.reversed()
    return batch
  }

  private mutating func deal(_ identity: Int) -> [Int] {
    var dealt: [Int] = []
    while dealt.count < pictures {
      if hands[identity].isEmpty { hands[identity] = random.shuffled(rows[identity]) }
      dealt.append(hands[identity].removeLast())
    }
    return dealt
  }
}
