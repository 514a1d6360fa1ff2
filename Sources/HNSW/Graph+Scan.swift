extension Graph {
  /// The k nearest of all live nodes that the filter allows, found by comparing the query with each.
  func scan(query: UnsafePointer<Float>, k: Int, where isAllowed: ((Int64) -> Bool)?) -> [SearchHit] {
    guard k > 0 else { return [] }
    var nearest = NearestHits(limit: k)
    let end = UInt32(slotEnd.load(ordering: .acquiring))
    var slots: (Slot, Slot, Slot, Slot) = (0, 0, 0, 0)
    var waiting = 0
    func offer(_ slot: Slot, _ key: Float) {
      guard key <= nearest.bound else { return }
      nearest.insert(SearchHit(id: memory.id(slot).pointee, distance: key))
    }
    for slot in 0..<end where memory.isLive(slot) {
      if let isAllowed, !isAllowed(memory.id(slot).pointee) { continue }
      switch waiting {
      case 0: slots.0 = slot
      case 1: slots.1 = slot
      case 2: slots.2 = slot
      default: slots.3 = slot
      }
      waiting += 1
      guard waiting == 4 else { continue }
      waiting = 0
      let keys = space.keys(
        query, memory.vector(slots.0), memory.vector(slots.1), memory.vector(slots.2), memory.vector(slots.3))
      if keys.min() <= nearest.bound {
        offer(slots.0, keys[0])
        offer(slots.1, keys[1])
        offer(slots.2, keys[2])
        offer(slots.3, keys[3])
      }
    }
    let rest = [slots.0, slots.1, slots.2]
    for slot in rest.prefix(waiting) { offer(slot, space.key(query, memory.vector(slot))) }
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
