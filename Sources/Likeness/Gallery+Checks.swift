import GRDB

extension Gallery {
  /// Where the index disagrees with the rows, which it never should: the embeddings at fault. Checks the graph's own
  /// invariants too.
  package func indexDisagreements() throws -> [EmbeddingID] {
    try translating {
      try buildIndex()
      return try connections.read { db, head in
        guard let view = try keeper.view(db, head: &head), let current = head else { return [] }
        defer { keeper.close(view) }
        try view.graph.checkInvariants()
        return try keeper.differences(db, head: current, embedder: view.embedder).map { EmbeddingID($0.id) }
      }
    }
  }

  /// How many committed changes are answered from beside the graph at this moment.
  package var pendingChanges: Int { keeper.state.withLock { $0?.overlay.entries.count ?? 0 } }

  /// Puts pending changes into the graph now.
  package func settle() { keeper.drain() }

  /// Whether an index is in memory.
  package var hasIndex: Bool { keeper.isBuilt }

  /// Lets the file grow to this many pages and no further, as a full disk would.
  package func limitPages(_ count: Int) throws {
    try translating { try connections.onWriter { db in _ = try db.integer("PRAGMA max_page_count = \(count)") } }
  }
}
