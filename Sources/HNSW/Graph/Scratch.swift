import CKernels
import Synchronization

/// What one search needs besides the graph: the prepared query, the pool of candidates, the marks of visited nodes.
///
/// Used again by later searches, so that a search allocates nothing but its answer. One search has it at a time.
final class Scratch: @unchecked Sendable {
  /// The epoch in which the running search began, 0 between searches; see ``Reclamation``.
  let epoch = Atomic<UInt64>(0)
  /// The query as a stored row.
  let query: UnsafeMutablePointer<Float>
  /// The query as the codes see it, once ``prepare(_:)`` or ``prepare(_:node:)`` was called.
  private(set) var coded: CodedQuery
  /// What exact keys of the query have in common that those by codes have not: only inner products do.
  private(set) var keyShift: Float = 0
  /// Slots and numbers of one step.
  let batch: UnsafeMutablePointer<Slot>
  let estimates: UnsafeMutablePointer<Float>
  let below: UnsafeMutablePointer<UInt16>
  private let buffers: ProjectionBuffers
  private let coordinates: UnsafeMutablePointer<Float>
  private var pool = PoolMemory(capacity: 512)
  private var results = PoolMemory(capacity: 128)
  private var marks: UnsafeMutablePointer<UInt8>
  private var markCount = 0
  private var mark: UInt8 = 0
  private let held = Atomic<Int>(0)

  init(memory: NodeMemory) {
    query = UnsafeMutableRawPointer.allocate(byteCount: memory.stride * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: memory.stride)
    let node = Projection.greatestNodeDimension(for: memory.dimension)
    let values = UnsafeMutableRawPointer.allocate(
      byteCount: Projection.greatestNodeBytes(for: memory.dimension), alignment: 64)
    coded = CodedQuery(values: values)
    buffers = ProjectionBuffers(dimension: memory.dimension)
    coordinates = .allocate(capacity: node)
    let groups = (2 * memory.M + 15) / 16
    // Three more than a row has: what is no new neighbour is written behind those that are, and fours are filled up.
    batch = .allocate(capacity: groups * 16 + 3)
    estimates = UnsafeMutableRawPointer.allocate(byteCount: groups * 64, alignment: 64)
      .bindMemory(to: Float.self, capacity: groups * 16)
    below = .allocate(capacity: groups)
    marks = .allocate(capacity: 0)
  }

  deinit {
    query.deallocate()
    coded.values.deallocate()
    batch.deallocate()
    estimates.deallocate()
    below.deallocate()
    buffers.deallocate()
    coordinates.deallocate()
    pool.deallocate()
    results.deallocate()
    marks.deallocate()
  }

  /// Projects the query.
  func prepare(_ codes: Codes) {
    codes.projection.apply(to: query, buffers: buffers, into: coordinates)
    let memory = codes.memory
    coded.unit = memory.round(coordinates, into: coded.values)
    let lengths = CodedLengths(memory, coded.values, unit: coded.unit, of: coordinates)
    take(lengths, of: memory)
    let whole = Double(ck_squared_distance_from_mean(query, codes.projection.mean, codes.projection.dimension))
    let residual = codes.projection.residual(whole: whole, kept: lengths.kept)
    // Inner products have no part that all keys share.
    let base = memory.weight == 2 ? lengths.squared + residual : 0
    coded.base = Float(base)
    coded.baseRest = memory.isWide ? Float(base - Double(coded.base)) : 0
    coded.residual = Float(residual.squareRoot())
    coded.outside = Float(max(whole - lengths.edgeKept, 0).squareRoot())
    if memory.weight == 1 {
      keyShift = 0
      for i in 0..<codes.projection.dimension { keyShift -= query[i] * codes.projection.mean[i] }
    }
  }

  /// Takes a stored node for the query: its code stands for its vector.
  func prepare(_ memory: CodeMemory, node slot: Slot) {
    let node = memory.query(of: memory.block(slot))
    coded.values.copyMemory(from: node.values, byteCount: memory.bytes(ofCoordinates: memory.nodeDimension))
    coded.unit = node.unit
    for i in 0..<memory.nodeDimension { coordinates[i] = Float(memory.value(coded.values, i)) * node.unit }
    let lengths = CodedLengths(memory, coded.values, unit: coded.unit, of: coordinates)
    take(lengths, of: memory)
    // What edges leave out is the rest of the code and what that leaves out: blocks without edges do not hold its length.
    let outside = max(lengths.kept - lengths.edgeKept, 0) + Double(node.residual) * Double(node.residual)
    coded.outside = Float(outside.squareRoot())
    coded.base = node.base
    coded.baseRest = node.baseRest
    coded.residual = node.residual
  }

  private func take(_ lengths: CodedLengths, of memory: CodeMemory) {
    coded.offset = 7.5 * Float(lengths.edgeSum)
    // Products of wide codes need none.
    coded.bias = memory.isWide ? 0 : 128 &* lengths.sum
    coded.edgeBias = memory.isWide ? 0 : 128 &* lengths.edgeSum
  }

  /// Bytes held; may be asked while a search has it.
  var bytes: Int { held.load(ordering: .relaxed) }

  private func noteBytes() {
    let now = pool.bytes + results.bytes + markCount
    if now != held.load(ordering: .relaxed) { held.store(now, ordering: .relaxed) }
  }

  /// An empty pool of ef candidates. Ends the use of the one before.
  func makePool(ef: Int) -> CandidatePool {
    defer { noteBytes() }
    return pool.makePool(ef)
  }

  /// Empty room for the nearest `limit` of the nodes that were expanded. Ends the use of the one before.
  func makeResults(limit: Int) -> CandidatePool {
    defer { noteBytes() }
    return results.makePool(limit)
  }

  /// Marks for the slots below `limit`, none set.
  func makeVisited(limit: Int) -> Visited {
    if limit > markCount {
      marks.deallocate()
      // Grows in steps, so that a growing index does not make every search allocate.
      markCount = max(limit + limit / 4, 1_024)
      // And one behind the last slot, for what is none.
      marks = .allocate(capacity: markCount + 1)
      mark = .max
      noteBytes()
    }
    if mark == .max {
      marks.initialize(repeating: 0, count: markCount + 1)
      mark = 0
    }
    mark += 1
    marks[limit] = mark
    return Visited(marks: marks, limit: UInt32(limit), mark: mark)
  }
}

/// Memory of one ``CandidatePool`` after the other; whoever has it deallocates it.
private struct PoolMemory {
  private var base: UnsafeMutablePointer<UInt64>
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    base = .allocate(capacity: capacity + 1)
  }

  func deallocate() { base.deallocate() }

  var bytes: Int { (capacity + 1) * MemoryLayout<UInt64>.stride }

  /// An empty pool with room for so many, one at least.
  mutating func makePool(_ wanted: Int) -> CandidatePool {
    if wanted > capacity {
      base.deallocate()
      capacity = wanted
      base = .allocate(capacity: capacity + 1)
    }
    return CandidatePool(base: base, capacity: max(wanted, 1))
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

  /// Inserts the links of a row, and writes those that were not there to `batch`.
  ///
  /// - Returns: how many.
  @inline(__always)
  func insert(_ row: LinkRow, capacity: Int, into batch: UnsafeMutablePointer<Slot>) -> Int {
    ck_new_links(
      UnsafeRawPointer(row).assumingMemoryBound(to: UInt32.self), capacity, limit, marks, mark, batch)
  }

  /// The same, asking for the first cache line of the block of each that was not there.
  @inline(__always)
  func insert(
    _ row: LinkRow, capacity: Int, into batch: UnsafeMutablePointer<Slot>, askingFor blocks: UnsafePointer<ck_blocks>
  ) -> Int {
    ck_new_links_and_blocks(
      UnsafeRawPointer(row).assumingMemoryBound(to: UInt32.self), capacity, limit, marks, mark, batch, blocks)
  }
}
