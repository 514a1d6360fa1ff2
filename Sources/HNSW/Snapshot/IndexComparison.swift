#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One pass that compares vectors with those of an index, bit for bit. Nobody may change the index meanwhile.
package struct IndexComparison: ~Copyable {
  private let index: HNSWIndex
  private let row: UnsafeMutablePointer<Float>
  private var seen: [Bool]
  private var hint: Slot = 0

  /// What a vector is to the index.
  package enum Outcome: Sendable, Hashable {
    case same, changed, unknown
  }

  package init(_ index: HNSWIndex) {
    self.index = index
    row = .allocate(capacity: index.graph.memory.stride)
    seen = Array(repeating: false, count: index.graph.slotEnd.load(ordering: .acquiring))
  }

  deinit { row.deallocate() }

  /// Compares the vector that an id should have, which may be unaligned; one that cannot be in the index is `changed`.
  package mutating func compare(_ vector: UnsafeRawBufferPointer, id: Int64) -> Outcome {
    let memory = index.graph.memory
    guard let slot = see(id) else { return .unknown }
    guard vector.count == 4 * memory.dimension, let start = vector.baseAddress else { return .changed }
    let stored = memory.vector(slot)
    if index.metric != .cosine { return memcmp(stored, start, vector.count) == 0 ? .same : .changed }
    UnsafeMutableRawPointer(row).copyMemory(from: start, byteCount: vector.count)
    do {
      try index.graph.space.prepare(
        UnsafeBufferPointer(start: row, count: memory.dimension), dimension: memory.dimension, into: row)
    } catch {
      return .changed
    }
    return memcmp(stored, row, vector.count) == 0 ? .same : .changed
  }

  /// Notes that an id is there, without a comparison.
  ///
  /// - Returns: its slot; nil if the index does not have it.
  @discardableResult
  mutating func see(_ id: Int64) -> Slot? {
    let memory = index.graph.memory
    let isThere = Int(hint) < seen.count && memory.isLive(hint) && memory.id(hint).pointee == id
    guard let slot = isThere ? hint : index.table.withLock({ $0[id] }), Int(slot) < seen.count else { return nil }
    seen[Int(slot)] = true
    hint = slot + 1
    return slot
  }

  /// Notes that an id is there, without a comparison.
  package mutating func note(_ id: Int64) { see(id) }

  /// The ids that the index has and that were not asked for.
  package borrowing func unseen() -> [Int64] {
    let memory = index.graph.memory
    return seen.indices.filter { !seen[$0] && memory.isLive(UInt32($0)) }.map { memory.id(UInt32($0)).pointee }
  }
}
