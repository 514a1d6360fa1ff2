import Synchronization

/// Owns the memory behind ``NodeMemory``: makes chunks and the links of upper levels, and frees them at the end.
///
/// `@unchecked Sendable`: the writer alone calls its methods; searches read through the handle what the writer
/// has published.
final class NodeStorage: @unchecked Sendable {
  let memory: NodeMemory
  private(set) var chunkCount = 0
  /// Bytes of links outside the chunks.
  private(set) var outsideBytes = 0
  /// One more than the greatest ordinal ever given to a node of an upper level.
  private(set) var ordinalEnd: UInt32 = 0
  /// Those below it that no node has.
  private(set) var freeOrdinals: [UInt32] = []
  private let vectors: VectorPlace
  private let chunkMemory = ChunkMemory()

  static let maximalChunks = 65_536
  /// A chunk holds at most this many bytes of vectors.
  private static let chunkTarget = 8 << 20

  init(dimension: Int, M: Int, vectors: VectorPlace) {
    self.vectors = vectors
    // Whole cache lines: a row begins on one, and kernels see no odd end.
    let stride = (dimension + 15) & ~15
    let nodes = Self.nodesPerChunk(dimension: dimension)
    var end = 0
    func section(_ bytes: Int) -> Int {
      defer { end += (bytes * nodes + 63) & ~63 }
      return end
    }
    let chunks = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: Self.maximalChunks)
    chunks.initialize(repeating: nil, count: Self.maximalChunks)
    let vectorChunks = UnsafeMutablePointer<UnsafeMutablePointer<Float>?>.allocate(capacity: Self.maximalChunks)
    vectorChunks.initialize(repeating: nil, count: Self.maximalChunks)
    memory = NodeMemory(
      dimension: dimension, stride: stride, M: M, nodesPerChunk: nodes,
      chunkShift: UInt32(nodes.trailingZeroBitCount), chunkMask: UInt32(nodes - 1),
      linksOffset: section(2 * M * MemoryLayout<UInt32>.stride),
      degreeOffset: section(MemoryLayout<UInt32>.stride),
      idsOffset: section(MemoryLayout<Int64>.stride),
      upperOffset: section(MemoryLayout<UnsafeMutableRawPointer?>.stride),
      heightOffset: section(1), liveOffset: section(1), chunkBytes: end, chunks: chunks, vectorChunks: vectorChunks)
  }

  /// Nodes in a chunk, for vectors of a dimension.
  static func nodesPerChunk(dimension: Int) -> Int {
    let stride = (dimension + 15) & ~15
    var nodes = 64
    while nodes < 16_384, nodes * 2 * stride * MemoryLayout<Float>.stride <= chunkTarget { nodes *= 2 }
    return nodes
  }

  deinit {
    for slot in 0..<UInt32(chunkCount * memory.nodesPerChunk) { releaseLinks(slot) }
    for i in 0..<chunkCount {
      if let chunk = memory.vectorChunks[i] { vectors.release(chunk, byteCount: vectorChunkBytes) }
    }
    memory.chunks.deallocate()
    memory.vectorChunks.deallocate()
  }

  /// Slots that chunks exist for.
  var capacity: Int { chunkCount * memory.nodesPerChunk }

  /// The most slots there can be.
  var limit: Int { min(Self.maximalChunks * memory.nodesPerChunk, Int(CandidatePool.slotLimit)) }

  var vectorChunkBytes: Int { memory.nodesPerChunk * memory.stride * MemoryLayout<Float>.stride }

  /// Bytes of vectors that are in memory, and those in a file.
  var vectorBytes: (memory: Int, mapped: Int) {
    vectors.isMapped ? (0, chunkCount * vectorChunkBytes) : (chunkCount * vectorChunkBytes, 0)
  }

  /// Waits until vectors that are in a file are on the disk as they are now.
  func flushVectors() -> Bool {
    (0..<chunkCount).allSatisfy { i in
      memory.vectorChunks[i].map { vectors.flush($0, byteCount: vectorChunkBytes) } ?? true
    }
  }

  /// Makes one chunk more, its slots free and without links.
  ///
  /// - Throws: ``IndexError/mappingFailed(_:)`` when vectors live in a file and it cannot grow.
  func grow() throws(IndexError) {
    let rows = try vectors.allocate(byteCount: vectorChunkBytes)
    let chunk = chunkMemory.allocate(byteCount: memory.chunkBytes)
    if chunkCount == 1, let firstRows = memory.vectorChunks[0] {
      vectors.collapse(firstRows, byteCount: vectorChunkBytes)
    }
    if chunkCount > 0 { vectors.askForHugePages(rows, byteCount: vectorChunkBytes) }
    let nodes = memory.nodesPerChunk
    let degrees = (chunk + memory.degreeOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    for i in 0..<nodes { (degrees + i).initialize(to: Atomic(0)) }
    (chunk + memory.upperOffset).initializeMemory(as: UnsafeMutableRawPointer?.self, repeating: nil, count: nodes)
    (chunk + memory.heightOffset).initializeMemory(as: UInt8.self, repeating: 0, count: nodes)
    (chunk + memory.liveOffset).initializeMemory(as: UInt8.self, repeating: 0, count: nodes)
    memory.chunks[chunkCount] = chunk
    memory.vectorChunks[chunkCount] = rows
    chunkCount += 1
  }

  /// Gives a slot empty rows for the levels 0…level. Must come before the node is reachable.
  func makeLinks(_ slot: Slot, level: Int) {
    memory.height(slot).pointee = UInt8(level)
    memory.degree(slot).pointee.store(0, ordering: .relaxed)
    clear(memory.groundRow(slot), count: memory.capacity(level: 0))
    guard level > 0 else { return }
    let upper = UnsafeMutableRawPointer.allocate(byteCount: memory.upperBytes(levels: level), alignment: 64)
    memory.upper(slot).pointee = upper
    clear(upper.assumingMemoryBound(to: Atomic<UInt32>.self), count: level * memory.M)
    for above in 1...level {
      memory.ordinal(slot, level: above).pointee = freeOrdinals.popLast() ?? ordinalEnd
      if memory.ordinal(slot, level: above).pointee == ordinalEnd { ordinalEnd += 1 }
    }
    outsideBytes += memory.upperBytes(levels: level)
  }

  /// Frees what a slot has outside its chunk. No search may be able to reach the node any more.
  func releaseLinks(_ slot: Slot) {
    guard let upper = memory.upper(slot).pointee else { return }
    let height = Int(memory.height(slot).pointee)
    for level in stride(from: height, through: 1, by: -1) {
      freeOrdinals.append(memory.ordinal(slot, level: level).pointee)
    }
    upper.deallocate()
    memory.upper(slot).pointee = nil
    memory.height(slot).pointee = 0
    outsideBytes -= memory.upperBytes(levels: height)
  }

  private func clear(_ row: LinkRow, count: Int) {
    for i in 0..<count { row[i].store(NodeMemory.none, ordering: .relaxed) }
  }
}

extension NodeStorage {
  /// Gives a slot the levels and ordinals it had when it was written down, its rows empty.
  func restoreLinks(_ slot: Slot, ordinals: ArraySlice<UInt32>) {
    memory.height(slot).pointee = UInt8(ordinals.count)
    guard !ordinals.isEmpty else { return }
    let bytes = memory.upperBytes(levels: ordinals.count)
    let upper = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.upper(slot).pointee = upper
    clear(upper.assumingMemoryBound(to: Atomic<UInt32>.self), count: ordinals.count * memory.M)
    for (i, ordinal) in ordinals.enumerated() { memory.ordinal(slot, level: i + 1).pointee = ordinal }
    outsideBytes += bytes
  }

  /// The ordinals that no node has, and one more than the greatest ever given.
  func restore(freeOrdinals: [UInt32], ordinalEnd: UInt32) {
    self.freeOrdinals = freeOrdinals
    self.ordinalEnd = ordinalEnd
  }
}
