import GRDB
import HNSW
import Synchronization

extension Gallery {
  /// Where the index disagrees with the rows, which it never should: the embeddings at fault. Checks the graph's own
  /// invariants too.
  package func indexDisagreements() throws -> [EmbeddingID] {
    try translating {
      try buildIndex()
      return try connections.read { db, last in
        guard let view = try keeper.view(db, last: &last), let current = last.head else { return [] }
        defer { keeper.close(view) }
        try view.graph.checkInvariants()
        return try keeper.differences(db, head: current, embedder: view.embedder).map { EmbeddingID($0.id) }
      }
    }
  }

  /// How many committed changes are answered from beside the graph at this moment.
  package var pendingChanges: Int { keeper.state.withLock { $0?.overlay.entries.count ?? 0 } }

  /// Puts pending changes into the graph now.
  package func settle() { keeper.putAllIn() }

  /// Whether the index began with a snapshot.
  package var openedFromSnapshot: Bool { keeper.beganWithSnapshot.load(ordering: .acquiring) }

  /// Two numbers that tell this graph from every other.
  package var graphDigest: [UInt64]? {
    keeper.state.withLock { $0?.graph }.map { graph in
      let digest = graph.digest()
      return [digest.links, digest.codes]
    }
  }

  /// How often all rows were compared with the index while an answer waited.
  package var comparisons: Int { keeper.comparisons.load(ordering: .acquiring) }

  /// How often all rows were compared with the index in the background.
  package var backgroundComparisons: Int { keeper.backgroundComparisons.load(ordering: .acquiring) }

  /// Whether one is under way or about to be.
  package var comparisonIsDue: Bool { keeper.watchfulness.withLock(\.isScheduled) }

  /// Whether nothing is left of removed vectors where the index keeps vectors.
  package var removedVectorsAreErased: Bool {
    keeper.state.withLock { $0?.graph }.map { $0.freeSlotsAreZero() } ?? true
  }

  /// Has answers take another snapshot this often, and no oftener, where others committed meanwhile.
  package func acceptLateSnapshots(after rounds: Int) { keeper.mostLateRounds.store(rounds, ordering: .relaxed) }

  /// Whether an index is in memory.
  package var hasIndex: Bool { keeper.isBuilt }

  /// Lets the file grow to this many pages and no further, as a full disk would.
  package func limitPages(_ count: Int) throws {
    try translating { try connections.onWriter { db in _ = try db.integer("PRAGMA max_page_count = \(count)") } }
  }
}
