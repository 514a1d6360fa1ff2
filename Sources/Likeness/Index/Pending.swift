import HNSW

/// A change that is committed and answered from, but not in the graph yet.
package struct Pending: Sendable {
  /// Its number in the change log.
  package var sequence: Int64
  /// The vector the row holds now; nil where the row is gone or damaged.
  package var vector: [Float]?
  /// Which of the overlay's changes it is, counted from 1. Changes found by comparing rows have a number of the log in common.
  package fileprivate(set) var stamp = 0

  package init(sequence: Int64, vector: [Float]?) { (self.sequence, self.vector) = (sequence, vector) }
}

/// Changes on their way into the graph: the newest of each embedding, and the order in which they came.
///
/// Whatever is in here counts more than the graph: a search masks these ids there, and compares these vectors itself.
/// So an answer is complete the moment a change is read, however long the graph takes.
package struct Overlay: Sendable {
  package private(set) var entries: [Int64: Pending] = [:]
  /// Ids in the order of their changes; an id is stale here once a later change of it was appended.
  private var order: [(sequence: Int64, id: Int64, stamp: Int)] = []
  private var next = 0
  private var stamps = 0

  package init() {}

  var isEmpty: Bool { entries.isEmpty }

  package subscript(id: Int64) -> Pending? { entries[id] }

  package mutating func append(id: Int64, _ pending: Pending) {
    stamps += 1
    entries[id] = pending
    entries[id]?.stamp = stamps
    order.append((pending.sequence, id, stamps))
  }

  /// Takes up to `limit` changes off the queue, oldest first, none newer than `sequence`, each embedding once. They stay
  /// in `entries`, to be masked, until ``settle(_:)``.
  package mutating func take(upTo sequence: Int64, limit: Int) -> [(id: Int64, pending: Pending)] {
    var batch: [(id: Int64, pending: Pending)] = []
    while next < order.count, batch.count < limit, order[next].sequence <= sequence {
      let (_, id, stamp) = order[next]
      next += 1
      guard let pending = entries[id], pending.stamp == stamp else { continue }
      batch.append((id, pending))
    }
    if next > 1_024, next * 2 > order.count {
      order.removeFirst(next)
      next = 0
    }
    return batch
  }

  /// Whether the queue has anything left to take.
  var hasQueued: Bool { next < order.count }

  /// Drops changes that are in the graph now, unless a later change of the same embedding came meanwhile.
  package mutating func settle(_ batch: [(id: Int64, stamp: Int)]) {
    for (id, stamp) in batch where entries[id]?.stamp == stamp { entries[id] = nil }
  }
}
