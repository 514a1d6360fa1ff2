import Logging

extension IndexKeeper {
  /// Logs rows that are left out, once, in one line for those that are damaged and one for those of other embedders.
  func report(_ faults: [(id: Int64, fault: VectorFault)], embedder: EmbedderRow) {
    let sentences = VectorFault.sentences(faults.map(\.fault))
    if let damaged = sentences.damaged {
      let sorted = faults.filter { !$0.fault.isOtherEmbedder }.sorted { $0.id < $1.id }
      let named = sorted.prefix(5).map { "\($0.id) \($0.fault.sentence(embedder: embedder))" }.joined(separator: "; ")
      configuration.logger.warning("\(damaged): \(named)\(sorted.count > 5 ? "; …" : "")")
    }
    if let others = sentences.others { configuration.logger.info("\(others)") }
  }
}
