import Logging

extension IndexKeeper {
  /// Logs rows that are left out, once, in one line.
  func report(_ faults: [(id: Int64, fault: VectorFault)], embedder: EmbedderRow) {
    guard !faults.isEmpty else { return }
    let sorted = faults.sorted { $0.id < $1.id }
    let named = sorted.prefix(5).map { "\($0.id) \($0.fault.sentence(embedder: embedder))" }.joined(separator: "; ")
    configuration.logger.warning(
      """
      \(faults.count) damaged \(faults.count == 1 ? "embedding was" : "embeddings were") left out: \(named)\
      \(faults.count > 5 ? "; …" : "")
      """)
  }
}
