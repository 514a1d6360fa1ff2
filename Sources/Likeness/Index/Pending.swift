import HNSW

/// A change that is committed and answered from, but not in the graph yet.
package struct Pending: Sendable {
  /// Its number in the change log, which changes that left no trace there share.
  package var sequence: Int64
  /// The vector the row holds now; nil where the row is gone or damaged.
  package var vector: [Float]?
  /// Its own number in the overlay.
  package fileprivate(set) var number = 0

  package init(sequence: Int64, vector: [Float]?) { (self.sequence, self.vector) = (sequence, vector) }
}

/// Changes on their way into the graph: the newest of each embedding, and the order in which they came.
///
/// Whatever is in here counts more than the graph: a search masks these ids there, and compares these vectors itself.
/// So an answer is complete the moment a change is read, however long the graph takes.
package struct Overlay: Sendable {
  package private(set) var entries: [Int64: Pending] = [:]
  /// Ids in the order of their changes; an id is stale here once a later change of it was appended.
  private var order: [(sequence: Int64, number: Int, id: Int64)] = []
  private var next = 0
  /// How many changes were appended.
  private var count = 0

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }

  package subscript(id: Int64) -> Pending? { entries[id] }

  package mutating func append(id: Int64, _ pending: Pending) {
    count += 1
    var pending = pending
    pending.number = count
    entries[id] = pending
    order.append((pending.sequence, count, id))
  }

  /// Takes up to `limit` changes off the queue, oldest first, none newer than `sequence`, each embedding once. They stay
  /// in `entries`, to be masked, until ``settle(_:)``.
  package mutating func take(upTo sequence: Int64, limit: Int) -> [(id: Int64, pending: Pending)] {
    var batch: [(id: Int64, pending: Pending)] = []
    var taken: Set<Int64> = []
    while next < order.count, batch.count < limit, order[next].sequence <= sequence {
      let (_, number, id) = order[next]
      next += 1
      guard let pending = entries[id], pending.number == number, taken.insert(id).inserted else { continue }
      batch.append((id, pending))
    }
    if next > 1_024, next * 2 > order.count {
      order.removeFirst(next)
      next = 0
    }
    return batch
  }

  /// Whether the queue has anything left to take.
  package var hasQueued: Bool { next < order.count }

  /// Drops changes that are in the graph now, unless a later change of the same embedding came meanwhile.
  ///
  /// That is told by their own numbers: the log gives a change that it has not seen the number of the last one it has.
  package mutating func settle(_ batch: [(id: Int64, number: Int)]) {
    for (id, number) in batch where entries[id]?.number == number { entries[id] = nil }
  }
}
