import Synchronization

/// The longest vectors of an index for inner products: nodes from which searches of level 0 begin too.
///
/// The greatest products are often those with the longest vectors, whatever the query, and a graph leads to them over many shorter
/// ones. Whether it pays to look at them at once is measured (`GraphWriter+Beacons.swift`).
///
/// `@unchecked Sendable`: the writer alone stores, atomically. A node is taken out before its slot is retired, so that a search
/// that found it here may stand on it (``Reclamation``).
final class Beacons: @unchecked Sendable {
  /// The most there are.
  static let most = 512

  private let places: UnsafeMutablePointer<Atomic<UInt32>>
  private let end = Atomic<Int>(0)

  init() {
    places = .allocate(capacity: Self.most)
    for i in 0..<Self.most { (places + i).initialize(to: Atomic(NodeMemory.none)) }
  }

  deinit {
    places.deinitialize(count: Self.most)
    places.deallocate()
  }

  /// Those there are, and none where searches do without. At most ``most`` are taken.
  func set(_ slots: some Collection<Slot>) {
    end.store(0, ordering: .releasing)
    for (i, slot) in slots.prefix(Self.most).enumerated() { places[i].store(slot, ordering: .releasing) }
    end.store(min(slots.count, Self.most), ordering: .releasing)
  }

  /// Takes out those for which it is so.
  func remove(where isGone: (Slot) -> Bool) {
    for i in 0..<end.load(ordering: .relaxed) {
      let slot = places[i].load(ordering: .relaxed)
      if slot != NodeMemory.none, isGone(slot) { places[i].store(NodeMemory.none, ordering: .releasing) }
    }
  }

  /// Puts them into the pool of a search, with their keys by node codes.
  @inline(__always)
  func add(to pool: inout CandidatePool, visited: Visited, codes: CodeMemory, query: CodedQuery) {
    var four = SIMD4<Slot>()
    var count = 0
    for i in 0..<end.load(ordering: .acquiring) {
      let slot = places[i].load(ordering: .acquiring)
      guard slot != NodeMemory.none, visited.insert(slot) else { continue }
      four[count] = slot
      count &+= 1
      if count < 4 { continue }
      count = 0
      let keys = codes.keys(
        codes.block(four[0]), codes.block(four[1]), codes.block(four[2]), codes.block(four[3]), query)
      for lane in 0..<4 { pool.insert(Candidate(key: keys[lane], slot: four[lane])) }
    }
    for lane in 0..<count { pool.insert(Candidate(key: codes.key(codes.block(four[lane]), query), slot: four[lane])) }
  }
}
