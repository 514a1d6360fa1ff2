import Dispatch
import GRDB
import HNSW
import Logging
import Synchronization

/// Keeps an index in memory in step with the rows.
///
/// Every answer is one read transaction: it takes a snapshot, reads the snapshot's position in the change log, pulls
/// what the index lacks up to that position into the overlay, and searches. Commits of this process, of other
/// processes and of other hands all arrive that one way, once each and in commit order.
///
/// Where the log cannot account for the difference (it was pruned past the index's position, its rows were deleted, a
/// trigger was dropped, an answer met a row that the index has otherwise) all rows are compared with the index: the
/// rows are the only truth.
final class IndexKeeper: Sendable {
  let configuration: GalleryConfiguration
  /// The gallery's path.
  let path: String
  /// Held while an index is built, so that it is built once.
  let building = Locked(Turn())
  /// Held from the taking of a snapshot until the index agrees with it, so that positions never go back.
  let following = Locked(Turn())
  /// Held while changes go from the overlay into the graph.
  let draining = Locked(Turn())
  let drainIsScheduled = Atomic(false)
  let state = Locked<IndexState?>(nil)

  init(configuration: GalleryConfiguration, path: String) {
    self.configuration = configuration
    self.path = path
  }

  /// The index that agrees with the snapshot `db` is about to take; nil where there is no embedder yet. `db` must not
  /// have read anything in its transaction. Close the view when the answer is done.
  func view(_ db: Database, head: inout Head?) throws -> IndexView? {
    try following.withLock { _ in
      let current = try Head.current(db, last: head)
      let isNews = head?.dataVersion != current.dataVersion
      head = current
      guard let embedder = current.embedder else {
        state.withLock { $0 = nil }
        return nil
      }
      try follow(db, to: current, embedder: embedder, isNews: isNews)
      return openView()
    }
  }

  /// Ends an answer, and lets changes behind it go into the graph.
  func close(_ view: IndexView) {
    let hasQueued = state.withLock { state in
      guard let count = state?.openViews[view.position] else { return false }
      state?.openViews[view.position] = count > 1 ? count - 1 : nil
      return state?.overlay.hasQueued ?? false
    }
    if hasQueued { scheduleDrain() }
  }

  /// Whether there is an index, or nothing to index.
  var isBuilt: Bool { state.withLock { $0 != nil } }

  /// Says that an answer found a row otherwise than the index has it: the next view compares all rows.
  func suspect() { state.withLock { $0?.isSuspect = true } }

  private func openView() -> IndexView? {
    state.withLock { state in
      guard let now = state else { return nil }
      state?.openViews[now.position, default: 0] += 1
      return IndexView(
        embedder: now.embedder, graph: now.graph, overlay: now.overlay, position: now.position,
        searchable: now.searchable.count, faults: now.faults.count, logIsTrusted: now.logIsTrusted)
    }
  }

  // MARK: Building

  /// Builds the index if there is none, reading rows in short transactions: `read` runs one.
  func buildIfNeeded(
    read: (_ body: (Database) throws -> Bool) throws -> Bool, progress: ((GalleryProgress) -> Void)? = nil
  ) throws {
    try building.withLock { _ in
      if isBuilt { return }
      let builder = IndexBuilder(configuration: configuration, path: path)
      guard let built = try builder.build(read: read, progress: progress) else { return }
      report(built.faults.map { ($0.key, $0.value) }, embedder: built.embedder)
      state.withLock { $0 = built }
    }
  }
}
