extension HNSWIndex {
  /// Bytes of memory by what they hold.
  public struct Memory: Sendable, Hashable {
    /// The vectors, each padded to whole cache lines.
    public var vectors: Int
    /// The links of all levels, and the lists of one-way links.
    public var links: Int
    /// The ids, and the table from ids to nodes.
    public var ids: Int
    /// What else is kept with nodes, and the memory kept for searches to come.
    public var other: Int

    /// All of it.
    public var total: Int { vectors + links + ids + other }
  }

  /// What the index holds in memory now.
  ///
  /// Counts every node there ever was at one time, as the places of removed ones are kept for new ones. What a chunk
  /// holds ready beyond, the system has not given it yet.
  public var memory: Memory {
    writer.withLock { writer in
      let nodes = graph.slotEnd.load(ordering: .relaxed)
      let memory = graph.memory
      let row = memory.capacity(level: 0) * MemoryLayout<Slot>.stride + MemoryLayout<InboundList>.stride
      return Memory(
        vectors: nodes * memory.stride * MemoryLayout<Float>.stride,
        links: nodes * row + graph.storage.outsideBytes,
        ids: nodes * MemoryLayout<Int64>.stride + table.withLock { $0.bytes },
        other: nodes * (MemoryLayout<UnsafeMutableRawPointer?>.stride + 2) + graph.scratches.bytes
          + writer.scratch.bytes)
    }
  }
}
