import HNSW

/// A change that is committed and answered from, but not in the graph yet.
struct Pending: Sendable {
  /// Its number in the change log.
  var sequence: Int64
  /// The vector the row holds now; nil where the row is gone or damaged.
  var vector: [Float]?
}

/// Changes on their way into the graph: the newest of each embedding, and the order in which they came.
///
/// Whatever is in here counts more than the graph: a search masks these ids there, and compares these vectors itself.
/// So an answer is complete the moment a change is read, however long the graph takes.
struct Overlay: Sendable {
  private(set) var entries: [Int64: Pending] = [:]
  /// Ids in the order of their changes; an id is stale here once a later change of it was appended.
  private var order: [(sequence: Int64, id: Int64)] = []
  private var next = 0

  var isEmpty: Bool { entries.isEmpty }

  subscript(id: Int64) -> Pending? { entries[id] }

  mutating func append(id: Int64, _ pending: Pending) {
    entries[id] = pending
    order.append((pending.sequence, id))
  }

  /// Takes up to `limit` changes off the queue, oldest first, none newer than `sequence`, each embedding once. They stay
  /// in `entries`, to be masked, until ``settle(_:)``.
  mutating func take(upTo sequence: Int64, limit: Int) -> [(id: Int64, pending: Pending)] {
    var batch: [(id: Int64, pending: Pending)] = []
    var taken: Set<Int64> = []
    while next < order.count, batch.count < limit, order[next].sequence <= sequence {
      let (sequence, id) = order[next]
      next += 1
      guard let pending = entries[id], pending.sequence == sequence, taken.insert(id).inserted else { continue }
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
  mutating func settle(_ batch: [(id: Int64, sequence: Int64)]) {
    for (id, sequence) in batch where entries[id]?.sequence == sequence { entries[id] = nil }
  }
}
