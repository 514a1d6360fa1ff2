import CKernels
import Synchronization

/// The place of a node in memory. Freed places are used again, so a slot is not a name: ids are.
typealias Slot = UInt32

/// The nodes a node links to on one level: slots from the front, ``NodeMemory/none`` from there to the capacity.
///
/// Entries are atomic because one writer rewrites them under running searches. A search that reads a row while it is
/// rewritten sees a mixture of old and new neighbours, which are all nodes it may visit.
typealias LinkRow = UnsafeMutablePointer<Atomic<UInt32>>

/// The hot memory of the index: vectors, links, ids and levels of all nodes, behind one handle.
///
/// Nodes live in chunks that never move, so a search needs no lock while the writer adds chunks. A chunk holds a power
/// of two of nodes, one section for each kind of data:
///
///     links     [nodes, 2 M]      level 0, UInt32, a row a whole number of cache lines for M = 16
///     degree    [nodes]           UInt32, how many rows of level 0 the node is in; the writer's
///     ids       [nodes]           Int64
///     upper     [nodes]           where the links of the upper levels are, for the few nodes that have any
///     height    [nodes]           the highest level, UInt8
///     live      [nodes]           UInt8, 1 while the node belongs to the index
///
/// and the vectors, `[nodes, stride]` Float32, each a whole number of cache lines, in a chunk of their own, which may lie
/// in a mapped file (``VectorPlace``).
///
/// The handle is a handful of numbers and pointers, copied into every loop; ``NodeStorage`` owns the memory.
///
/// `@unchecked Sendable` for the reasons given at ``Graph``.
struct NodeMemory: @unchecked Sendable {
  /// Marks the end of a row.
  static let none = Slot.max
  static let highestLevel = 30

  let dimension: Int
  let stride: Int
  let M: Int
  let nodesPerChunk: Int
  let chunkShift: UInt32
  let chunkMask: UInt32
  let linksOffset: Int
  let degreeOffset: Int
  let idsOffset: Int
  let upperOffset: Int
  let heightOffset: Int
  let liveOffset: Int
  let chunkBytes: Int
  let chunks: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  let vectorChunks: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>

  @inline(__always)
  private func chunk(_ slot: Slot) -> UnsafeMutableRawPointer {
    chunks[Int(slot &>> chunkShift)].unsafelyUnwrapped
  }

  @inline(__always)
  private func place(_ slot: Slot) -> Int {
    Int(slot & chunkMask)
  }

  /// The stored vector: `stride` floats on a cache line's boundary, zero from the dimension on.
  @inline(__always)
  func vector(_ slot: Slot) -> UnsafeMutablePointer<Float> {
    vectorChunks[Int(slot &>> chunkShift)].unsafelyUnwrapped + place(slot) &* stride
  }

  /// The links of level 0.
  @inline(__always)
  func groundRow(_ slot: Slot) -> LinkRow {
    (chunk(slot) + linksOffset).assumingMemoryBound(to: Atomic<UInt32>.self) + place(slot) &* (2 &* M)
  }

  /// The links of level 1 and up. The node must have that level.
  @inline(__always)
  func upperRow(_ slot: Slot, level: Int) -> LinkRow {
    upper(slot).pointee.unsafelyUnwrapped.assumingMemoryBound(to: Atomic<UInt32>.self) + (level &- 1) &* M
  }

  @inline(__always)
  func row(_ slot: Slot, level: Int) -> LinkRow {
    level == 0 ? groundRow(slot) : upperRow(slot, level: level)
  }

  /// The most neighbours a node has on a level.
  @inline(__always)
  func capacity(level: Int) -> Int {
    level == 0 ? 2 &* M : M
  }

  @inline(__always)
  func id(_ slot: Slot) -> UnsafeMutablePointer<Int64> {
    (chunk(slot) + idsOffset).assumingMemoryBound(to: Int64.self) + place(slot)
  }

  /// The highest level of a node.
  @inline(__always)
  func height(_ slot: Slot) -> UnsafeMutablePointer<UInt8> {
    (chunk(slot) + heightOffset).assumingMemoryBound(to: UInt8.self) + place(slot)
  }

  @inline(__always)
  func live(_ slot: Slot) -> UnsafeMutablePointer<Atomic<UInt8>> {
    (chunk(slot) + liveOffset).assumingMemoryBound(to: Atomic<UInt8>.self) + place(slot)
  }

  @inline(__always)
  func isLive(_ slot: Slot) -> Bool {
    live(slot).pointee.load(ordering: .acquiring) != 0
  }

  @inline(__always)
  func upper(_ slot: Slot) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
    (chunk(slot) + upperOffset).assumingMemoryBound(to: UnsafeMutableRawPointer?.self) + place(slot)
  }

  /// How many rows of level 0 hold the node.
  @inline(__always)
  func degree(_ slot: Slot) -> UnsafeMutablePointer<Atomic<UInt32>> {
    (chunk(slot) + degreeOffset).assumingMemoryBound(to: Atomic<UInt32>.self) + place(slot)
  }

  /// The number under which a node of a level above 0 is known to ``Codes``.
  @inline(__always)
  func ordinal(_ slot: Slot, level: Int) -> UnsafeMutablePointer<UInt32> {
    let numbers = upper(slot).pointee.unsafelyUnwrapped + upperLinkBytes(levels: Int(height(slot).pointee))
    return numbers.assumingMemoryBound(to: UInt32.self) + (level &- 1)
  }

  func upperLinkBytes(levels: Int) -> Int {
    levels * M * MemoryLayout<UInt32>.stride
  }

  func upperBytes(levels: Int) -> Int {
    upperLinkBytes(levels: levels) + levels * MemoryLayout<UInt32>.stride
  }

  /// Ask for the first bytes of a vector.
  @inline(__always)
  func prefetchVector(_ slot: Slot, bytes: Int) {
    ck_prefetch_range(vector(slot), bytes)
  }
}
