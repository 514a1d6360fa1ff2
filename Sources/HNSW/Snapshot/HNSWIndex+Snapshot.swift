import CKernels
import Synchronization

extension HNSWIndex {
  /// What was written, or why not.
  package enum SnapshotOutcome: Sendable, Hashable {
    /// A whole snapshot with this digest, of the index when it had seen so many changes.
    case written(digest: UInt64, changes: Int)
    /// There is no graph yet: too few vectors for one.
    case nothingToWrite
    /// The caller did not want it any more.
    case abandoned
  }

  /// How many vectors were added, replaced and removed so far.
  package var changeCount: Int { changes.load(ordering: .acquiring) }

  /// Writes all that an index knows but its vectors, to be read back by ``IndexSnapshot``.
  ///
  /// Removed vectors are taken out of the graph first: nothing of them is written. Searches go on meanwhile, changes wait.
  ///
  /// - Parameters:
  ///   - descriptor: an empty file open for writing.
  ///   - label: what the reader gets back, 64 KB at most.
  ///   - isWanted: asked between pieces of some megabytes.
  /// - Throws: an error that says why the file cannot be written.
  package func writeSnapshot(
    to descriptor: Int32, label: [UInt8], isWanted: () -> Bool = { true }
  ) throws -> SnapshotOutcome {
    try writer.withLock { writer in
      writer.sweep()
      guard let codes = writer.codes, let entry = graph.entry, graph.count.load(ordering: .relaxed) > 0 else {
        return .nothingToWrite
      }
      let snapshot = WrittenSnapshot(writer, codes, entry, label, metric)
      return try snapshot.write(to: descriptor, isWanted: isWanted).map {
        .written(digest: $0, changes: changes.load(ordering: .acquiring))
      } ?? .abandoned
    }
  }
}

/// An index that nobody changes while it is written.
private struct WrittenSnapshot {
  private let writer: GraphWriter
  private let memory: NodeMemory
  private let codes: Codes
  private let label: [UInt8]
  private let live: [UInt8]
  private let tall: [Slot]
  private var header = SnapshotHeader()

  init(_ writer: GraphWriter, _ codes: Codes, _ entry: Graph.Entry, _ label: [UInt8], _ metric: Metric) {
    let graph = writer.graph
    let (storage, memory) = (graph.storage, graph.memory)
    let slots = UInt32(graph.slotEnd.load(ordering: .relaxed))
    self.writer = writer
    self.memory = memory
    self.codes = codes
    self.label = Array(label.prefix(SnapshotHeader.longestLabel))
    live = (0..<slots).map { memory.isLive($0) ? 1 : 0 }
    tall = (0..<slots).filter { memory.height($0).pointee > 0 }
    header.labelBytes = self.label.count
    header.dimension = memory.dimension
    header.metric = metric
    header.M = memory.M
    header.efConstruction = writer.parameters.efConstruction
    header.seed = writer.parameters.seed
    header.isCompact = writer.parameters.vectors != .memory
    header.slots = Int(slots)
    header.live = graph.count.load(ordering: .relaxed)
    header.retired = graph.reclamation.waiting.count
    header.freeOrdinals = storage.freeOrdinals.count
    header.ordinalEnd = Int(storage.ordinalEnd)
    header.levels = tall.reduce(0) { $0 + Int(memory.height($1).pointee) }
    header.entrySlot = Int(entry.slot)
    header.entryLevel = entry.level
    header.insertions = writer.insertions
    header.learnedAt = codes.learnedAt
    header.widths = codes.projection.widths
    header.startLimit = graph.startLimit.bitPattern
    header.changesSinceLook = writer.changesSinceLook
    header.usualEf = graph.usualEf ?? SnapshotHeader.comparesAll
    header.effortMeasuredAt = writer.effortMeasuredAt
  }

  /// - Returns: the digest; nil if it was not wanted any more.
  func write(to descriptor: Int32, isWanted: () -> Bool) throws -> UInt64? {
    let layout = SnapshotLayout(header, nodesPerChunk: memory.nodesPerChunk)
    var output = SnapshotOutput(descriptor: descriptor)
    for section in SnapshotLayout.Section.allCases {
      output.move(to: layout.offset(section))
      switch section {
      case .label: try output.append(label)
      case .ids: try output.append(live.indices.map { live[$0] == 1 ? memory.id(UInt32($0)).pointee : 0 })
      case .sums: try output.append(vectorSums())
      case .live: try output.append(live)
      case .heights: try output.append(live.indices.map { memory.height(UInt32($0)).pointee })
      case .retired: try output.append(writer.graph.reclamation.waiting)
      case .freeOrdinals: try output.append(writer.graph.storage.freeOrdinals)
      case .ordinals: try output.append(ordinals())
      case .upperLinks: try output.append(upperLinks())
      case .upperBlocks: try output.append(upperBlocks(layout))
      case .projection: try output.append(codes.projection.encoded)
      case .links:
        guard try writeChunks(&output, 8 * memory.M, { UnsafeRawPointer(memory.groundRow($0)) }, 0xFF, isWanted) else {
          return nil
        }
      case .blocks:
        guard try writeChunks(&output, layout.ground.stride, { UnsafeRawPointer(codes.memory.block($0)) }, 0, isWanted)
        else { return nil }
      }
    }
    output.move(to: layout.tableOffset)
    var header = header
    header.fileBytes = layout.fileBytes
    header.digest = try output.finish()
    try header.encoded.withUnsafeBytes { try output.write($0, at: 0) }
    return header.digest
  }

  private func vectorSums() -> [UInt64] {
    Parallel.map(live.count, threads: writer.threads, grain: 1_024) { [memory, live] i in
      live[i] == 1 ? IndexSnapshot.sum(of: memory.vector(UInt32(i)), dimension: memory.dimension) : 0
    }
  }

  private func ordinals() -> [UInt32] {
    tall.flatMap { slot in (1...Int(memory.height(slot).pointee)).map { memory.ordinal(slot, level: $0).pointee } }
  }

  private func upperLinks() -> [UInt32] {
    var links: [UInt32] = []
    links.reserveCapacity(header.levels * memory.M)
    for slot in tall {
      for level in 1...Int(memory.height(slot).pointee) {
        let row = memory.upperRow(slot, level: level)
        for i in 0..<memory.M {
          links.append(live[Int(slot)] == 1 ? row[i].load(ordering: .relaxed) : NodeMemory.none)
        }
      }
    }
    return links
  }

  private func upperBlocks(_ layout: SnapshotLayout) -> [UInt8] {
    let stride = layout.upper.stride
    var bytes = [UInt8](repeating: 0, count: header.ordinalEnd * stride)
    bytes.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      for slot in tall where live[Int(slot)] == 1 {
        for level in 1...Int(memory.height(slot).pointee) {
          let ordinal = memory.ordinal(slot, level: level).pointee
          (start + Int(ordinal) * stride).copyMemory(from: codes.memory.upperBlock(ordinal), byteCount: stride)
        }
      }
    }
    return bytes
  }

  /// Writes what lies in chunks of nodes as it lies there, but for the places of removed nodes, which are filled with a
  /// byte.
  private func writeChunks(
    _ output: inout SnapshotOutput, _ stride: Int, _ place: (Slot) -> UnsafeRawPointer, _ filler: UInt8,
    _ isWanted: () -> Bool
  ) throws -> Bool {
    var first = 0
    while first < live.count {
      guard isWanted() else { return false }
      let end = min(first + memory.nodesPerChunk, live.count)
      let bytes = UnsafeRawBufferPointer(start: place(UInt32(first)), count: (end - first) * stride)
      if live[first..<end].allSatisfy({ $0 == 1 }) {
        try output.append(bytes)
      } else {
        var copy = [UInt8](bytes)
        for slot in first..<end where live[slot] == 0 {
          let start = (slot - first) * stride
          copy.replaceSubrange(start..<start + stride, with: repeatElement(filler, count: stride))
        }
        try output.append(copy)
      }
      first = end
    }
    return true
  }
}
