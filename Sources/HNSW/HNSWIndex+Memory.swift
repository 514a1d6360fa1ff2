extension HNSWIndex {
  /// Bytes of memory by what they hold. Chunks are counted whole, also where slots in them are still free.
  public struct Memory: Sendable, Hashable {
    /// The vectors, each padded to whole cache lines.
    public var vectors: Int
    /// The links of all levels, and the lists of one-way links.
    public var links: Int
    /// The ids, and the table from ids to nodes.
    public var ids: Int
    /// Levels, flags, and what is kept for searches to come.
    public var other: Int

    /// All of it.
    public var total: Int { vectors + links + ids + other }
  }

  /// What the index holds in memory now.
  public var memory: Memory {
    writer.withLock { writer in
      let nodes = graph.storage.capacity
      let memory = graph.memory
      let vectors = nodes * memory.stride * MemoryLayout<Float>.stride
      let links = nodes * (memory.capacity(level: 0) * MemoryLayout<Slot>.stride + MemoryLayout<InboundList>.stride)
      let ids = nodes * MemoryLayout<Int64>.stride
      return Memory(
        vectors: vectors, links: links + graph.storage.outsideBytes,
        ids: ids + table.withLock { $0.bytes },
        other: graph.storage.chunkCount * memory.chunkBytes - vectors - links - ids + graph.scratches.bytes
          + writer.scratch.bytes)
    }
  }
}
