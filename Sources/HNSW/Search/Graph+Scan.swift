extension Graph {
  /// The k nearest of all nodes that the allowance lets through, none whose key is above `farthest`, found by comparing
  /// the query with each.
  func scan<A: Allowance>(
    query: UnsafePointer<Float>, k: Int, allowance: A, farthest: Float = .infinity
  ) -> [SearchHit] {
    guard k > 0 else { return [] }
    var comparison = Comparison(graph: self, query: query, limit: k, farthest: farthest)
    let memory = memory
    let rowBytes = memory.stride &* 4
    let ahead = UInt32(Self.rowsAhead(rowBytes: rowBytes))
    let end = UInt32(slotEnd.load(ordering: .acquiring))
    for slot in 0..<end where allowance.allows(slot) {
      // Rows end where pages do, which is where the processor's own prefetching ends.
      if slot &+ ahead < end { memory.prefetchVector(slot &+ ahead, bytes: rowBytes) }
      comparison.add(slot)
    }
    return comparison.finish()
  }

  /// The k nearest of these nodes that the allowance lets through, and how many it did not.
  func compare<A: Allowance>(
    _ slots: UnsafeBufferPointer<Slot>, query: UnsafePointer<Float>, k: Int, allowance: A
  ) -> (hits: [SearchHit], refused: Int) {
    guard k > 0 else { return ([], 0) }
    var comparison = Comparison(graph: self, query: query, limit: k)
    let memory = memory
    let rowBytes = memory.stride &* 4
    let ahead = Self.rowsAhead(rowBytes: rowBytes)
    var refused = 0
    for i in 0..<slots.count {
      if i &+ ahead < slots.count { memory.prefetchVector(slots[i &+ ahead], bytes: rowBytes) }
      if allowance.allows(slots[i]) { comparison.add(slots[i]) } else { refused &+= 1 }
    }
    return (comparison.finish(), refused)
  }

  /// Far enough ahead for memory to answer, near enough for the first cache to hold.
  private static func rowsAhead(rowBytes: Int) -> Int { min(max(8_192 / rowBytes, 4), 16) }
}

/// Compares a query with nodes, four at a time, and keeps the nearest.
struct Comparison {
  private let memory: NodeMemory
  private let space: Space
  private let query: UnsafePointer<Float>
  private var nearest: NearestHits
  private let farthest: Float
  private var slots: (Slot, Slot, Slot, Slot) = (0, 0, 0, 0)
  private var waiting = 0

  /// - Parameter farthest: keys above it are left out.
  init(graph: Graph, query: UnsafePointer<Float>, limit: Int, farthest: Float = .infinity) {
    self.farthest = farthest
    memory = graph.memory
    space = graph.space
    self.query = query
    nearest = NearestHits(limit: limit)
  }

  @inline(__always)
  mutating func add(_ slot: Slot) {
    switch waiting {
    case 0: slots.0 = slot
    case 1: slots.1 = slot
    case 2: slots.2 = slot
    default: slots.3 = slot
    }
    waiting &+= 1
    if waiting == 4 { compareFour() }
  }

  @inline(__always)
  private mutating func compareFour() {
    waiting = 0
    let keys = space.keys(
      query, memory.vector(slots.0), memory.vector(slots.1), memory.vector(slots.2), memory.vector(slots.3))
    if keys.least <= nearest.bound {
      offer(slots.0, keys[0])
      offer(slots.1, keys[1])
      offer(slots.2, keys[2])
      offer(slots.3, keys[3])
    }
  }

  private mutating func offer(_ slot: Slot, _ key: Float) {
    guard key <= nearest.bound, key <= farthest else { return }
    nearest.insert(SearchHit(id: memory.id(slot).pointee, distance: key))
  }

  /// The nearest of all that were added, in the order of answers.
  mutating func finish() -> [SearchHit] {
    let rest = [slots.0, slots.1, slots.2]
    for slot in rest.prefix(waiting) { offer(slot, space.key(query, memory.vector(slot))) }
    waiting = 0
    // Sorted in the unit of the answer: two keys may round to one distance.
    return nearest.hits.map { SearchHit(id: $0.id, distance: space.distance(ofKey: $0.distance)) }
      .sorted(by: SearchHit.precedes)
  }
}

/// The `limit` (one or more) first hits in the order of answers: a binary heap with the last of them on top.
struct NearestHits {
  private var heap: [SearchHit] = []
  /// What is kept, in no order.
  var hits: [SearchHit] { heap }
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
    heap.reserveCapacity(min(limit, 1_024))
  }

  /// Nothing farther than this can enter.
  @inline(__always)
  var bound: Float { heap.count < limit ? .infinity : heap[0].distance }

  mutating func insert(_ hit: SearchHit) {
    if heap.count < limit {
      heap.append(hit)
      var at = heap.count - 1
      while at > 0, SearchHit.precedes(heap[(at - 1) / 2], heap[at]) {
        heap.swapAt(at, (at - 1) / 2)
        at = (at - 1) / 2
      }
    } else if SearchHit.precedes(hit, heap[0]) {
      heap[0] = hit
      var at = 0
      while true {
        var last = at
        for child in [2 * at + 1, 2 * at + 2]
        where child < heap.count && SearchHit.precedes(heap[last], heap[child]) {
          last = child
        }
        if last == at { break }
        heap.swapAt(at, last)
        at = last
      }
    }
  }
}
