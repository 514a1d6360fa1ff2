import Networks

/// P×K batches: P identities, K pictures of each, so that every anchor has positives and negatives.
///
/// Identities are dealt from a shuffled deck that is reshuffled when it runs out, and so are each identity's pictures:
/// nothing is seen twice before everything has been seen once. An identity with fewer than K pictures gives some of
/// them again (each time augmented anew).
///
/// With ``confuse(_:)`` half of a batch's identities still come from the deck; each brings along the one that the network
/// confuses it with most, so that what is hard to tell apart is in the same batch.
public struct IdentityBatchSampler: Sendable {
  /// Identities in a batch.
  public let identities: Int
  /// Pictures of each.
  public let pictures: Int

  private let rows: [[Int]]
  private var deck: [Int] = []
  private var hands: [[Int]]
  private var random: SeededRandom
  /// By the identity's place in `rows`: the places of those it is confused with, the most confused first.
  private var confusions: [[Int]] = []
  private let labels: [Int]

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
    let usable = groups.keys.sorted().filter { groups[$0, default: []].count > 1 }
    let rows = usable.compactMap { groups[$0] }
    guard rows.count >= 2 else {
      throw TrainingError.tooFewIdentities(usable: rows.count, needed: 2)
    }
    self.rows = rows
    self.labels = usable
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
      guard let companion = companion(of: identity, besides: chosen), chosen.count < identities else { continue }
      chosen.insert(companion)
      batch += deal(companion)
    }
    deck += setAside.reversed()
    return batch
  }

  /// The identity that is confused most with this one among those not in the batch yet.
  private func companion(of identity: Int, besides chosen: Set<Int>) -> Int? {
    confusions.isEmpty ? nil : confusions[identity].first { !chosen.contains($0) }
  }

  /// From now on, brings together what is confused; an empty list ends that.
  ///
  /// - Parameter confusions: for each identity's label the labels of others, the most confused first.
  package mutating func confuse(_ confusions: [Int: [Int]]) {
    let place = Dictionary(uniqueKeysWithValues: zip(labels, 0...))
    self.confusions = confusions.isEmpty ? [] : labels.map { confusions[$0, default: []].compactMap { place[$0] } }
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

extension IdentityBatchSampler {
  /// What is left to deal, and the chance to come.
  struct State: Sendable, Codable {
    var deck: [Int]
    var hands: [[Int]]
    var random: SeededRandom
  }

  /// The state between two batches.
  var state: State { State(deck: deck, hands: hands, random: random) }

  /// Goes on from the state of a sampler of the same labels; false where it does not fit.
  mutating func restore(_ state: State) -> Bool {
    guard state.hands.count == rows.count, state.deck.allSatisfy({ rows.indices.contains($0) }),
      zip(state.hands, rows).allSatisfy({ hand, rows in Set(rows).isSuperset(of: hand) })
    else { return false }
    (deck, hands, random) = (state.deck, state.hands, state.random)
    return true
  }
}
