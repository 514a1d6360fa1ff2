#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One pass that compares vectors with those of an index, bit for bit. Nobody may change the index meanwhile, unless
/// only ``compareAmidChanges(_:id:)`` is asked.
package struct IndexComparison: ~Copyable {
  private let index: HNSWIndex
  private let row: UnsafeMutablePointer<Float>
  private var seen: [Bool]
  private var hint: Slot = 0

  /// What a vector is to the index.
  package enum Outcome: Sendable, Hashable {
    case same, changed, unknown
  }

  /// - Parameter isAmidChanges: Whether only ``compareAmidChanges(_:id:)`` will be asked.
  package init(_ index: HNSWIndex, isAmidChanges: Bool = false) {
    self.index = index
    row = .allocate(capacity: index.graph.memory.stride)
    seen = Array(repeating: false, count: isAmidChanges ? 0 : index.graph.slotEnd.load(ordering: .acquiring))
  }

  deinit { row.deallocate() }

  /// Compares the vector that an id should have, which may be unaligned; one that cannot be in the index is `changed`.
  package mutating func compare(_ vector: UnsafeRawBufferPointer, id: Int64) -> Outcome {
    guard let slot = see(id) else { return .unknown }
    guard let stored = stored(vector) else { return .changed }
    return memcmp(index.graph.memory.vector(slot), stored, vector.count) == 0 ? .same : .changed
  }

  /// Compares as ``compare(_:id:)`` does, while others change the index.
  package func compareAmidChanges(_ vector: UnsafeRawBufferPointer, id: Int64) -> Outcome {
    let stored = stored(vector)
    return index.table.withLock { table in
      guard let slot = table[id] else { return .unknown }
      guard let stored else { return .changed }
      return memcmp(index.graph.memory.vector(slot), stored, vector.count) == 0 ? .same : .changed
    }
  }

  /// A vector as the index would have it; nil where it would not.
  private func stored(_ vector: UnsafeRawBufferPointer) -> UnsafeRawPointer? {
    let dimension = index.graph.memory.dimension
    guard vector.count == 4 * dimension, let start = vector.baseAddress else { return nil }
    if index.metric != .cosine { return start }
    UnsafeMutableRawPointer(row).copyMemory(from: start, byteCount: vector.count)
    do {
      try index.graph.space.prepare(
        UnsafeBufferPointer(start: row, count: dimension), dimension: dimension, into: row)
    } catch {
      return nil
    }
    return UnsafeRawPointer(row)
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
