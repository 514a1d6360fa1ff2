import Synchronization

/// What one search needs besides the graph: the prepared query, the pool of candidates, the marks of visited nodes.
///
/// Used again by later searches, so that a search allocates nothing but its answer. One search has it at a time.
final class Scratch: @unchecked Sendable {
  /// The epoch in which the running search began, 0 between searches; see ``Reclamation``.
  let epoch = Atomic<UInt64>(0)
  /// The query as a stored row.
  let query: UnsafeMutablePointer<Float>
  /// Slots to be scored next.
  let batch: UnsafeMutablePointer<Slot>
  private(set) var pool: UnsafeMutablePointer<UInt64>
  private var poolCapacity = 512
  private var marks: UnsafeMutablePointer<UInt8>
  private var markCount = 0
  private var mark: UInt8 = 0

  init(memory: NodeMemory) {
    query = UnsafeMutableRawPointer.allocate(byteCount: memory.stride * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: memory.stride)
    batch = .allocate(capacity: 2 * memory.M + 4)
    pool = .allocate(capacity: poolCapacity + 1)
    marks = .allocate(capacity: 0)
  }

  deinit {
    query.deallocate()
    batch.deallocate()
    pool.deallocate()
    marks.deallocate()
  }

  /// Bytes held.
  var bytes: Int { (poolCapacity + 1) * 8 + markCount }

  /// An empty pool of ef candidates. Ends the use of the one before.
  func makePool(ef: Int) -> CandidatePool {
    if ef > poolCapacity {
      pool.deallocate()
      poolCapacity = ef
      pool = .allocate(capacity: poolCapacity + 1)
    }
    return CandidatePool(base: pool, capacity: ef)
  }

  /// Marks for the slots below `limit`, none set.
  func makeVisited(limit: Int) -> Visited {
    if limit > markCount {
      marks.deallocate()
      // Grows in steps, so that a growing index does not make every search allocate.
      markCount = max(limit + limit / 4, 1_024)
      marks = .allocate(capacity: markCount)
      mark = .max
    }
    if mark == .max {
      marks.initialize(repeating: 0, count: markCount)
      mark = 0
    }
    mark += 1
    return Visited(marks: marks, limit: UInt32(limit), mark: mark)
  }
}

/// The nodes that a search has seen. A new mark for each search saves clearing all of them.
struct Visited {
  let marks: UnsafeMutablePointer<UInt8>
  let limit: UInt32
  let mark: UInt8

  /// Marks a slot; false when it was marked, or joined the graph after the search began.
  @inline(__always)
  func insert(_ slot: Slot) -> Bool {
    guard slot < limit, marks[Int(slot)] != mark else { return false }
    marks[Int(slot)] = mark
    return true
  }
}
