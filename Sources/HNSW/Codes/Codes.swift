import CKernels
import Synchronization

/// The codes of all nodes under one projection: owns the memory behind ``CodeMemory`` and writes what is in it.
///
/// Learned anew when the collection has outgrown the sample it was learned from (`GraphWriter+Learning.swift`); the new
/// codes are made aside, then searches begin to use them, and the old ones go when no search does any more.
///
/// `@unchecked Sendable`: the writer alone changes blocks, each by one thread at a time.
final class Codes: @unchecked Sendable {
  let projection: Projection
  let memory: CodeMemory
  private let nodes: NodeMemory
  private let metric: Metric
  private var chunkCount = 0
  private var upperChunkCount = 0
  private let chunkMemory = ChunkMemory()
  private let upperChunkMemory = ChunkMemory()
  /// Insertions before the projection was learned.
  let learnedAt: Int

  init(projection: Projection, nodes: NodeMemory, metric: Metric, learnedAt: Int) {
    self.projection = projection
    self.nodes = nodes
    self.metric = metric
    self.learnedAt = learnedAt
    let chunks = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: NodeStorage.maximalChunks)
    chunks.initialize(repeating: nil, count: NodeStorage.maximalChunks)
    let upperChunks = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: NodeStorage.maximalChunks)
    upperChunks.initialize(repeating: nil, count: NodeStorage.maximalChunks)
    // One node in M is on an upper level: smaller chunks do, as long as all ordinals have a place.
    let upperShift = nodes.M >= 16 ? nodes.chunkShift - 3 : nodes.chunkShift
    let widths = projection.widths
    let ground = BlockLayout(capacity: nodes.capacity(level: 0), widths: widths, isUpper: false)
    let kernels = projection.kernels
    memory = CodeMemory(
      edgeDimension: widths.edge, nodeDimension: widths.node, isWide: widths.isWide, nodeOffset: ground.nodeOffset,
      chunkShift: nodes.chunkShift, chunkMask: nodes.chunkMask,
      upperShift: upperShift, upperMask: 1 << upperShift - 1,
      ground: ground,
      upper: BlockLayout(capacity: nodes.capacity(level: 1), widths: widths, isUpper: true),
      chunks: chunks, upperChunks: upperChunks, weight: metric == .dot ? 1 : 2,
      edgeColumns: projection.edgeColumns,
      outsideWeight: (metric == .dot ? 1 : 2) * projection.outsideCosine,
      residualWeight: (metric == .dot ? 1 : 2) * projection.residualCosine,
      residualSpread: (metric == .dot ? 1 : 2) * projection.residualSpread, kernels: kernels,
      dot: widths.isWide ? kernels.wide_dot : kernels.code_dot,
      dotFour: widths.isWide ? kernels.wide_dot_four : kernels.code_dot_four)
  }

  deinit {
    memory.chunks.deallocate()
    memory.upperChunks.deallocate()
  }

  private var chunkBytes: Int { nodes.nodesPerChunk * memory.ground.stride }
  private var upperChunkBytes: Int { memory.upper.stride << Int(memory.upperShift) }
  /// Bytes of the codes of so many nodes.
  func bytes(nodes: Int, ordinals: Int) -> Int {
    nodes * memory.ground.stride + ordinals * memory.upper.stride + projection.bytes
  }

  /// Makes room for the slots and the ordinals below these numbers.
  ///
  /// - Parameter areRestored: whether the caller writes the blocks of all these slots and ordinals at once, whole.
  func reserve(slots: Int, ordinals: Int, areRestored: Bool = false) {
    while chunkCount * nodes.nodesPerChunk < slots {
      let chunk = chunkMemory.allocate(byteCount: chunkBytes)
      let restored = areRestored ? min(slots - chunkCount * nodes.nodesPerChunk, nodes.nodesPerChunk) : 0
      for i in restored..<nodes.nodesPerChunk {
        (chunk + i * memory.ground.stride).initializeMemory(
          as: UInt8.self, repeating: 0, count: memory.ground.nodeOffset)
      }
      memory.chunks[chunkCount] = chunk
      chunkCount += 1
    }
    while upperChunkCount << Int(memory.upperShift) < ordinals {
      let chunk = upperChunkMemory.allocate(byteCount: upperChunkBytes)
      for i in 0..<1 << Int(memory.upperShift) {
        (chunk + i * memory.upper.stride).initializeMemory(as: BlockHeader.self, to: BlockHeader())
      }
      memory.upperChunks[upperChunkCount] = chunk
      upperChunkCount += 1
    }
  }

  /// Writes the node code of a slot, on all its levels, and empty edges. Nobody may reach the node yet.
  func encodeNode(_ slot: Slot, buffers: ProjectionBuffers, coordinates: UnsafeMutablePointer<Float>) {
    let row = nodes.vector(slot)
    projection.apply(to: row, buffers: buffers, into: coordinates)
    let block = memory.block(slot)
    let code = block + memory.nodeOffset
    let header = block.assumingMemoryBound(to: BlockHeader.self)
    let scale = memory.round(coordinates, into: code)
    let lengths = CodedLengths(memory, code, unit: scale, of: coordinates)
    var whole = 0.0
    var along = 0.0
    for i in 0..<nodes.dimension {
      let value = Double(row[i] - projection.mean[i])
      whole += value * value
      along += value * Double(projection.mean[i])
    }
    let residual = projection.residual(whole: whole, kept: lengths.kept)
    header.pointee.nodeScale = scale
    header.pointee.residual = Float(residual.squareRoot())
    if memory.hasEdges { header.pointee.outside = Float(max(whole - lengths.edgeKept, 0).squareRoot()) }
    let norm = metric == .dot ? -along : lengths.squared + residual
    header.pointee.norm = Float(norm)
    if memory.isWide {
      header.pointee.normRest = Float(norm - Double(header.pointee.norm))
    } else {
      header.pointee.sum = lengths.sum
    }
    guard nodes.height(slot).pointee > 0 else { return }
    for level in 1...Int(nodes.height(slot).pointee) {
      let upper = memory.upperBlock(nodes.ordinal(slot, level: level).pointee)
      let target = upper.assumingMemoryBound(to: BlockHeader.self)
      target.pointee.copyNode(from: header.pointee, hasEdges: memory.hasEdges)
      (upper + memory.upper.nodeOffset).copyMemory(
        from: code, byteCount: memory.bytes(ofCoordinates: memory.nodeDimension))
      memory.upper.slot(upper).pointee = slot
      memory.upper.below(upper).pointee = level == 1 ? slot : nodes.ordinal(slot, level: level - 1).pointee
    }
  }

  /// Writes new neighbours of a node on a level, links and codes, so that a search sees all of them or notices.
  ///
  /// - Parameter draft: `edgeBytes` and a code a byte: memory to prepare in.
  func setRow(_ slot: Slot, _ level: Int, to neighbours: [Slot], draft: EdgeDraft) {
    let layout = level == 0 ? memory.ground : memory.upper
    let block = place(slot, level)
    guard layout.groups > 0 else {
      writeLinks(neighbours, to: nodes.row(slot, level: level), level)
      return
    }
    let scales = prepare(neighbours, of: block, level, layout, draft: draft)
    if level > 0 {
      let links = draft.bytes.assumingMemoryBound(to: UInt32.self)
      links[0] = slot
      links[1] = level == 1 ? slot : nodes.ordinal(slot, level: level - 1).pointee
      for i in 0..<layout.groups * 16 {
        links[2 + i] = i < neighbours.count ? nodes.ordinal(neighbours[i], level: level).pointee : NodeMemory.none
      }
    }
    let version = UnsafeMutablePointer(mutating: memory.version(block))
    let before = version.pointee.load(ordering: .relaxed)
    version.pointee.store(before &+ 1, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    writeLinks(neighbours, to: nodes.row(slot, level: level), level)
    var pair = (scales.constant, scales.step)
    ck_publish(block + BlockHeader.scalesOffset, &pair, 8)
    ck_publish(block + layout.linksOffset, draft.bytes, layout.edgeBytes)
    version.pointee.store(before &+ 2, ordering: .releasing)
  }

  private func writeLinks(_ neighbours: [Slot], to row: LinkRow, _ level: Int) {
    for (i, neighbour) in neighbours.enumerated() { row[i].store(neighbour, ordering: .releasing) }
    for i in neighbours.count..<nodes.capacity(level: level) { row[i].store(NodeMemory.none, ordering: .releasing) }
  }

  /// Whether the codes of a row are those of these neighbours, for checking invariants.
  func describes(_ slot: Slot, _ level: Int, _ neighbours: [Slot]) -> Bool {
    let layout = level == 0 ? memory.ground : memory.upper
    if layout.groups == 0 { return true }
    let block = place(slot, level)
    let draft = EdgeDraft(self, dimension: nodes.dimension)
    let scales = prepare(neighbours, of: block, level, layout, draft: draft)
    let header = memory.header(block).pointee
    let skipped = layout.constantsOffset - layout.linksOffset
    let written = UnsafeRawBufferPointer(start: block + layout.constantsOffset, count: layout.edgeBytes - skipped)
    let expected = UnsafeRawBufferPointer(start: draft.bytes + skipped, count: layout.edgeBytes - skipped)
    return header.version & 1 == 0 && header.constantScale == scales.constant && header.stepScale == scales.step
      && written.elementsEqual(expected)
  }

  /// The block of a node on a level.
  private func place(_ slot: Slot, _ level: Int) -> UnsafeMutableRawPointer {
    level == 0 ? memory.block(slot) : memory.upperBlock(nodes.ordinal(slot, level: level).pointee)
  }

  /// Encodes the neighbours of a block into the draft.
  private func prepare(
    _ neighbours: [Slot], of own: UnsafeMutableRawPointer, _ level: Int, _ layout: BlockLayout, draft: EdgeDraft
  ) -> (constant: Float, step: Float) {
    func code(_ block: UnsafeMutableRawPointer) -> UnsafePointer<Int8> {
      UnsafePointer((block + layout.nodeOffset).assumingMemoryBound(to: Int8.self))
    }
    let from = memory.header(own).pointee
    let fromCode = code(own)
    let base = draft.bytes - layout.linksOffset
    let constants = (base + layout.constantsOffset).assumingMemoryBound(to: Int16.self)
    let steps = (base + layout.stepsOffset).assumingMemoryBound(to: UInt8.self)
    let codes = (base + layout.codesOffset).assumingMemoryBound(to: UInt8.self)
    // The same rows make the same bytes, also where no neighbour is.
    draft.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: layout.edgeBytes)
    for neighbour in neighbours { ck_prefetch_range(place(neighbour, level), layout.nodeOffset + memory.edgeDimension) }
    var mostStep: Float = 0
    for (i, neighbour) in neighbours.enumerated() {
      let other = place(neighbour, level)
      let edge = memory.kernels.encode_edge(
        fromCode, from.nodeScale, code(other), memory.header(other).pointee.nodeScale,
        memory.edgeDimension, draft.edge)
      ck_pack_edge(codes, i, draft.edge, memory.edgeDimension)
      draft.encoded[i] = edge
      mostStep = max(mostStep, edge.step * memory.weight)
    }
    let stepScale = mostStep / 255
    var mostConstant: Float = 0
    for (i, neighbour) in neighbours.enumerated() {
      let edge = draft.encoded[i]
      let step = stepScale > 0 ? max((edge.step * memory.weight / stepScale).rounded(), edge.step > 0 ? 1 : 0) : 0
      // Scales near the least number there is are rounded themselves: quotients may end up beyond what they were made for.
      let bounded = step < 255 ? step : 255
      steps[i] = UInt8(bounded)
      // Field by field: a neighbour's version may be changing.
      let other = memory.header(place(neighbour, level))
      // What edges leave out: its own length, and what near vectors have in common with the query there.
      let common = memory.outsideWeight * from.outside * (other.pointee.outside - from.outside)
      let constant =
        memory.weight == 1
        ? other.pointee.norm - from.norm - common
        : edge.energy + bounded * stepScale * edge.from_dot
          + (other.pointee.outside * other.pointee.outside - from.outside * from.outside) - common
      draft.constants[i] = constant
      mostConstant = max(mostConstant, abs(constant))
    }
    let constantScale = mostConstant / 32_767
    for i in 0..<neighbours.count {
      let constant = constantScale > 0 ? (draft.constants[i] / constantScale).rounded() : 0
      // Also where lengths near the greatest number made it infinite or no number at all.
      constants[i] = constant < 32_767 ? (constant > -32_767 ? Int16(constant) : -32_767) : .max
    }
    for i in neighbours.count..<layout.groups * 16 {
      constants[i] = .max
      steps[i] = 0
    }
    return (constantScale, stepScale)
  }
}

/// Memory in which a row is encoded before it is published.
///
/// `@unchecked Sendable`: one per thread, used by that alone.
final class EdgeDraft: @unchecked Sendable {
  let bytes: UnsafeMutableRawPointer
  let edge: UnsafeMutablePointer<UInt8>
  let encoded: UnsafeMutablePointer<ck_encoded_edge>
  let constants: UnsafeMutablePointer<Float>
  let buffers: ProjectionBuffers
  let coordinates: UnsafeMutablePointer<Float>

  init(_ codes: Codes, dimension: Int) {
    let memory = codes.memory
    let size = max(memory.ground.edgeBytes, memory.upper.edgeBytes)
    bytes = .allocate(byteCount: size, alignment: 64)
    bytes.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    edge = .allocate(capacity: memory.edgeDimension)
    let capacity = max(memory.ground.groups, memory.upper.groups) * 16
    encoded = .allocate(capacity: capacity)
    constants = .allocate(capacity: capacity)
    buffers = ProjectionBuffers(dimension: dimension)
    coordinates = .allocate(capacity: memory.nodeDimension)
  }

  deinit {
    bytes.deallocate()
    edge.deallocate()
    encoded.deallocate()
    constants.deallocate()
    buffers.deallocate()
    coordinates.deallocate()
  }
}
