import Networks

/// A division of labelled rows in which no identity stands on both sides.
public struct ValidationSplit: Sendable, Hashable {
  /// Rows to train on.
  public let training: [Int]
  /// Rows of other identities, to steer by.
  public let validation: [Int]

  /// Sets aside a share of the identities, chosen by `seed`.
  ///
  /// Identities with one row stay in training: they can be no probe. Nothing is set aside where fewer than two
  /// identities would be, or fewer than two would be left: one identity gives no impostors.
  ///
  /// - Parameters:
  ///   - labels: the identity of each row.
  ///   - share: the share of identities to set aside, 0 to 0.5.
  ///   - seed: which ones.
  public init(labels: [Int], share: Double, seed: UInt64) {
    var counts: [Int: Int] = [:]
    for label in labels { counts[label, default: 0] += 1 }
    var random = SeededRandom(seed: seed)
    let candidates = random.shuffled(counts.keys.filter { counts[$0, default: 0] > 1 }.sorted())
    let wanted = Int((Double(counts.count) * share).rounded())
    let chosen =
      wanted >= 2 && candidates.count - wanted >= 2 ? Set(candidates.prefix(wanted)) : []
    training = labels.indices.filter { !chosen.contains(labels[$0]) }
    validation = labels.indices.filter { chosen.contains(labels[$0]) }
  }
}
