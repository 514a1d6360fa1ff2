import Networks

/// Identities set aside: a network trains on all others and is steered by these.
public struct ValidationFold: Sendable, Hashable {
  /// Rows to train on.
  public let training: [Int]
  /// Rows of other identities, to steer by.
  public let validation: [Int]

  /// Sets aside a share of the identities.
  ///
  /// Identities with one row stay in training: they can be no probe. Nothing is set aside where fewer than two
  /// identities would be, or fewer than two usable ones would be left: one identity gives no impostors.
  ///
  /// - Parameters:
  ///   - labels: the identity of each row.
  ///   - share: the share of identities to set aside, 0 to 0.5.
  ///   - seed: the order of identities.
  public init(labels: [Int], share: Double, seed: UInt64) {
    var counts: [Int: Int] = [:]
    for label in labels { counts[label, default: 0] += 1 }
    var random = SeededRandom(seed: seed)
    let candidates = random.shuffled(counts.keys.filter { counts[$0, default: 0] > 1 }.sorted())
    let size = Int((Double(counts.count) * share).rounded())
    var chosen: Set<Int> = []
    if size >= 2, candidates.count - size >= 2 {
      chosen = Set(candidates.prefix(size))
    }
    training = labels.indices.filter { !chosen.contains(labels[$0]) }
    validation = labels.indices.filter { chosen.contains(labels[$0]) }
  }
}
