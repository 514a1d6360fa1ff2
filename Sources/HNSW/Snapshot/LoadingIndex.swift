import CKernels
import Locks
import Synchronization

/// An index that is put together from a snapshot and vectors.
///
/// ``readPiece(_:)`` and ``take(_:id:hint:)`` may be called by many threads at once, for different pieces and ids.
///
/// `@unchecked Sendable`: each piece, and each vector, is written by one thread, and read when ``finish()`` is called.
package final class LoadingIndex: @unchecked Sendable {
  let snapshot: IndexSnapshot
  let index: HNSWIndex
  let memory: NodeMemory
  let codes: Codes
  let table: SlotTable
  let vectorSums: [UInt64]
  /// 0 for a slot without a vector yet, or a slot's vector was seen.
  let seen: UnsafeMutablePointer<UInt8>
  private let live: [UInt8]
  private let retired: [Slot]
  /// How often slots are linked to, counted by each thread for itself.
  private let degrees = Locked<[Degrees]>([])

  /// What became of a vector.
  package enum Taken: Sendable, Hashable {
    /// It is the one that the index was built from.
    case same
    /// It is another one. It is in memory now, under links and codes of the other: to be updated.
    case changed
    /// There is no node with this id: to be added.
    case unknown
    /// It cannot be in an index. The node has a vector of zeros now: to be removed.
    case refused(IndexError)
  }

  init(_ snapshot: IndexSnapshot, parameters: HNSWIndex.Parameters) throws {
    let header = snapshot.header
    let (ids, sums) = (try snapshot.section(.ids, of: Int64.self), try snapshot.section(.sums, of: UInt64.self))
    let live = try snapshot.section(.live, of: UInt8.self)
    let heights = try snapshot.section(.heights, of: UInt8.self)
    let retired = try snapshot.section(.retired, of: UInt32.self)
    let freeOrdinals = try snapshot.section(.freeOrdinals, of: UInt32.self)
    let ordinals = try snapshot.section(.ordinals, of: UInt32.self)
    try Self.check(header, live: live, heights: heights, retired: retired)
    try Self.check(header, ordinals: ordinals, freeOrdinals: freeOrdinals)

    index = try HNSWIndex(dimension: header.dimension, metric: header.metric, parameters: parameters)
    let (graph, storage) = (index.graph, index.graph.storage)
    memory = graph.memory
    while storage.capacity < header.slots { try storage.grow() }
    let projection = try Projection(
      decoding: snapshot.section(.projection, of: UInt8.self), dimension: header.dimension,
      widths: header.widths,
      stride: memory.stride, kernels: graph.codeKernels)
    codes = Codes(projection: projection, nodes: memory, metric: header.metric, learnedAt: header.learnedAt)
    guard codes.memory.ground.stride == snapshot.layout.ground.stride,
      codes.memory.upper.stride == snapshot.layout.upper.stride
    else { throw SnapshotRefusal("its codes are laid out otherwise") }
    codes.reserve(slots: header.slots, ordinals: header.ordinalEnd, areRestored: true)

    var at = 0
    for slot in 0..<header.slots {
      let height = Int(heights[slot])
      storage.restoreLinks(UInt32(slot), ordinals: ordinals[at..<at + height])
      at += height
      memory.id(UInt32(slot)).pointee = ids[slot]
      memory.live(UInt32(slot)).pointee.store(live[slot], ordering: .relaxed)
    }
    storage.restore(freeOrdinals: freeOrdinals, ordinalEnd: UInt32(header.ordinalEnd))
    var table = SlotTable(memory: memory)
    table.reserve(header.live)
    for slot in 0..<header.slots where live[slot] == 1 { table.set(ids[slot], to: UInt32(slot)) }
    guard table.count == header.live else { throw SnapshotRefusal.damaged("an id is there twice") }
    self.table = table
    self.snapshot = snapshot
    self.live = live
    self.retired = retired
    vectorSums = sums
    seen = .allocate(capacity: header.slots)
    seen.initialize(repeating: 0, count: header.slots)
  }

  deinit { seen.deallocate() }

  /// What ``readPiece(_:)`` reads: one for all upper levels, and one for each chunk of nodes.
  package var pieces: Int { snapshot.layout.chunks + 1 }

  /// Reads and checks a piece.
  ///
  /// - Throws: ``SnapshotRefusal``.
  package func readPiece(_ piece: Int) throws {
    if piece == 0 { return try readUpperLevels() }
    let first = (piece - 1) * memory.nodesPerChunk
    let slots = first..<min(first + memory.nodesPerChunk, snapshot.header.slots)
    let rows = UnsafeMutableRawPointer(memory.groundRow(UInt32(first)))
    try snapshot.read(.links, piece - 1, into: rows)
    let degrees = takeDegrees()
    defer { self.degrees.withLock { $0.append(degrees) } }
    let areLinks = ck_count_links(
      rows.assumingMemoryBound(to: UInt32.self), slots.count, 2 * memory.M, UInt32(first),
      UInt32(snapshot.header.slots), degrees.counts)
    guard areLinks else { throw SnapshotRefusal.damaged("a link leads nowhere") }

    try snapshot.read(.blocks, piece - 1, into: codes.memory.block(UInt32(first)))
    for slot in slots {
      let block = codes.memory.block(UInt32(slot))
      if live[slot] == 0 {
        guard memory.groundRow(UInt32(slot))[0].load(ordering: .relaxed) == NodeMemory.none else {
          throw SnapshotRefusal.damaged("a free slot has links")
        }
      }
      try Self.check(block.assumingMemoryBound(to: BlockHeader.self), isWhole: codes.memory.hasEdges)
    }
  }

  /// Takes a vector over, or finds that the index has another one, or none.
  ///
  /// - Parameters:
  ///   - vector: `[dimension]` float32, which may be unaligned.
  ///   - hint: where the id probably is; set to the place after it, for vectors that come in the order of slots.
  package func take(_ vector: UnsafeRawBufferPointer, id: Int64, hint: inout UInt32) -> Taken {
    let slot: Slot
    if hint < snapshot.header.slots, live[Int(hint)] == 1, memory.id(hint).pointee == id {
      slot = hint
    } else {
      guard let found = table[id] else { return .unknown }
      slot = found
    }
    hint = slot + 1
    let row = memory.vector(slot)
    do throws(IndexError) {
      guard vector.count == 4 * memory.dimension, let start = vector.baseAddress else {
        throw .wrongDimension(expected: memory.dimension, actual: vector.count / 4)
      }
      UnsafeMutableRawPointer(row).copyMemory(from: start, byteCount: vector.count)
      try index.graph.space.prepare(
        UnsafeBufferPointer(start: row, count: memory.dimension), dimension: memory.dimension, into: row)
    } catch {
      row.update(repeating: 0, count: memory.stride)
      seen[Int(slot)] = 1
      return .refused(error)
    }
    seen[Int(slot)] = 1
    return IndexSnapshot.sum(of: row, dimension: memory.dimension) == vectorSums[Int(slot)] ? .same : .changed
  }

  /// The ids of the snapshot in the order of its slots, every `step`-th of them.
  package func ids(every step: Int) -> [Int64] {
    stride(from: 0, to: snapshot.header.slots, by: max(step, 1)).filter { live[$0] == 1 }
      .map { memory.id(UInt32($0)).pointee }
  }

  /// The index, after all pieces were read and all vectors were given.
  ///
  /// - Returns: the index, and the ids that no vector was given for: their nodes have vectors of zeros, and are to be
  ///   removed.
  /// - Throws: ``SnapshotRefusal``.
  package func finish() throws -> (index: HNSWIndex, missing: [Int64]) {
    let counts = degrees.withLock { $0 }
    var missing: [Int64] = []
    for slot in 0..<snapshot.header.slots {
      var degree: UInt32 = 0
      for count in counts { degree &+= count.counts[slot] }
      if live[slot] == 0 {
        guard degree == 0 else { throw SnapshotRefusal.damaged("a link leads to a free slot") }
        continue
      }
      memory.degree(UInt32(slot)).pointee.store(degree, ordering: .relaxed)
      if seen[slot] == 0 {
        memory.vector(UInt32(slot)).update(repeating: 0, count: memory.stride)
        missing.append(memory.id(UInt32(slot)).pointee)
      }
    }
    let header = snapshot.header
    let graph = index.graph
    index.table.withLock { $0 = table }
    index.writer.withLock { writer in
      writer.insertions = header.insertions
      writer.changesSinceLook = header.changesSinceLook
      writer.effortMeasuredAt = header.effortMeasuredAt
      if header.usualEf > 0 { graph.usualEf = header.usualEf == SnapshotHeader.comparesAll ? nil : header.usualEf }
      graph.startLimit = Float(bitPattern: header.startLimit)
      writer.codes = codes
      writer.drafts = (0..<writer.threads).map { _ in EdgeDraft(codes, dimension: memory.dimension) }
      for slot in retired { graph.reclamation.retire(slot) }
      graph.count.store(header.live, ordering: .relaxed)
      graph.slotEnd.store(header.slots, ordering: .releasing)
      graph.publish(codes)
      graph.setEntry(.init(slot: UInt32(header.entrySlot), level: header.entryLevel))
      writer.chooseBeacons(codes)
    }
    return (index, missing)
  }

  private func takeDegrees() -> Degrees {
    degrees.withLock { $0.popLast() } ?? Degrees(snapshot.header.slots)
  }
}

/// `@unchecked Sendable`: one thread has it at a time.
private final class Degrees: @unchecked Sendable {
  let counts: UnsafeMutablePointer<UInt32>

  init(_ slots: Int) {
    counts = .allocate(capacity: slots)
    counts.initialize(repeating: 0, count: slots)
  }

  deinit { counts.deallocate() }
}
