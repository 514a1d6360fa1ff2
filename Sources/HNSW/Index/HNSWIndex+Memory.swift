extension HNSWIndex {
  /// Bytes by what they hold.
  public struct Memory: Sendable, Hashable {
    /// The exact vectors, each padded to whole cache lines; zero when they are in a file.
    public var vectors: Int
    /// The same in a file, of which the system keeps in memory what is used.
    public var mapped: Int
    /// The codes that searches walk by, and the projection they come from.
    public var codes: Int
    /// The links of all levels.
    public var links: Int
    /// The ids, and the table from ids to nodes.
    public var ids: Int
    /// What else is kept with nodes, and the memory kept for searches to come.
    public var other: Int

    /// All that is in memory.
    public var total: Int { vectors + codes + links + ids + other }
  }

  /// What the index holds now.
  ///
  /// Counts every node there ever was at one time, as the places of removed ones are kept for new ones. What a chunk
  /// holds ready beyond, the system has not given it yet.
  public var memory: Memory {
    writer.withLock { writer in
      let nodes = graph.slotEnd.load(ordering: .relaxed)
      let memory = graph.memory
      let vectors = nodes * memory.stride * MemoryLayout<Float>.stride
      let isMapped = graph.storage.vectorBytes.mapped > 0
      return Memory(
        vectors: isMapped ? 0 : vectors, mapped: isMapped ? vectors : 0,
        codes: writer.codes?.bytes(nodes: nodes, ordinals: Int(graph.storage.ordinalEnd)) ?? 0,
        links: nodes * (memory.capacity(level: 0) + 1) * MemoryLayout<Slot>.stride + graph.storage.outsideBytes,
        ids: nodes * MemoryLayout<Int64>.stride + table.withLock { $0.bytes },
        other: nodes * (MemoryLayout<UnsafeMutableRawPointer?>.stride + 2) + graph.scratches.bytes
          + writer.scratch.bytes)
    }
  }
}
