import Networks

/// Identities set aside: a network trains on all others and is steered by these.
public struct ValidationFold: Sendable, Hashable {
  /// Rows to train on.
  public let training: [Int]
  /// Rows of other identities, to steer by.
  public let validation: [Int]

  /// Sets aside a share of the identities.
  ///
  /// Identities with one row stay in training, and do not count: they can be no probe. Nothing is set aside where fewer than
  /// two identities would be, or fewer than two usable ones would be left: one identity gives no impostors.
  ///
  /// All pairs of rows to steer by are compared after every epoch. Where those of the identities set aside are more than
  /// ``mostRows``, each has a few of its rows there, by chance, and the others are in neither part.
  ///
  /// - Parameters:
  ///   - labels: the identity of each row.
  ///   - share: the share of identities with two rows or more to set aside, 0 to 0.5.
  ///   - seed: the order of identities.
  public init(labels: [Int], share: Double, seed: UInt64) {
    var counts: [Int: Int] = [:]
    for label in labels { counts[label, default: 0] += 1 }
    var random = SeededRandom(seed: seed)
    let candidates = random.shuffled(counts.keys.filter { counts[$0, default: 0] > 1 }.sorted())
    let size = min(
      Int((Double(candidates.count) * share).rounded()), candidates.count - 2, Self.mostRows / 2)
    let chosen = size >= 2 ? Set(candidates.prefix(size)) : []
    training = labels.indices.filter { !chosen.contains(labels[$0]) }
    let aside = labels.indices.filter { chosen.contains(labels[$0]) }
    guard aside.count > Self.mostRows else {
      validation = aside
      return
    }
    // As many of each as there is room for, where those with fewer leave theirs to the others.
    var (room, left, most) = (Self.mostRows, chosen.count, 0)
    for count in chosen.map({ counts[$0, default: 0] }).sorted() {
      most = room / left
      if count > most { break }
      (room, left) = (room - count, left - 1)
    }
    var taken: [Int: Int] = [:]
    validation = random.shuffled(aside).filter { row in
      taken[labels[row], default: 0] += 1
      return taken[labels[row], default: 0] <= most
    }.sorted()
  }

  /// The most rows to steer by.
  public static let mostRows = 4_000
}
