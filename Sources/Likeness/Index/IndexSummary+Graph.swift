import HNSW

extension IndexSummary {
  /// What `graph` holds now.
  init(_ graph: HNSWIndex) {
    let (memory, parameters) = (graph.memory, graph.parameters)
    bytes = Bytes(
      vectors: memory.vectors, mapped: memory.mapped, codes: memory.codes, links: memory.links, ids: memory.ids,
      other: memory.other, total: memory.total)
    bytesPerVector = graph.count == 0 ? 0 : memory.total / graph.count
    self.parameters = Parameters(
      M: parameters.M, efConstruction: parameters.efConstruction, seed: parameters.seed,
      exactBelow: parameters.exactBelow, threads: parameters.threads, compact: parameters.vectors != .memory)
  }
}
