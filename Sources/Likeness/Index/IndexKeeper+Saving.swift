import Dispatch
import Foundation
import GRDB
import HNSW
import Logging
import Synchronization

/// Writes the snapshot that the next opening begins with.
///
/// While it is written the graph stands still: searches go on, and changes wait in the overlay, from which they are
/// answered. So neither queries nor enrolments wait for the file.
extension IndexKeeper {
  /// More changes than this waiting for the graph, and the snapshot is given up: answers have become slow.
  private static let mostWaiting = 65_536

  /// Saves in the background once enough has changed.
  ///
  /// - Parameter isUrgent: whether the snapshot is missing, or holds what it should not, however little changed.
  func saveIfDue(isUrgent: Bool = false) {
    guard canSave, configuration.snapshots == .automatic, !isClosing.load(ordering: .acquiring) else { return }
    let isDue = state.withLock { state -> Bool in
      guard let state, state.graph.count >= configuration.snapshotThreshold else { return false }
      if isUrgent { return true }
      let changes = state.graph.changeCount - (state.savedChanges ?? 0)
      return changes >= max(configuration.snapshotInterval ?? max(10_000, state.graph.count / 10), 1)
    }
    guard isDue, !saveIsScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
    DispatchQueue.global(qos: .utility).async { [self] in
      defer { saveIsScheduled.store(false, ordering: .releasing) }
      do {
        // Once the gallery is closing, saving is up to that: nothing is written after it.
        try save { !isClosing.load(ordering: .acquiring) }
      } catch {
        if !isClosing.load(ordering: .acquiring) { reportUnsaved(error) }
      }
    }
  }

  /// Saves when the gallery is closed, unless a snapshot is there that lacks next to nothing.
  func saveAtClosing() {
    guard canSave, configuration.snapshots == .automatic else { return }
    // After one that is being written.
    saving.withLock { _ in }
    let isWorthIt = state.withLock { state -> Bool in
      guard let state, state.graph.count >= configuration.snapshotThreshold else { return false }
      guard let saved = state.savedChanges, file.exists else { return true }
      let changes = state.graph.changeCount - saved + state.overlay.entries.count
      return changes > state.graph.count / 1_000
    }
    guard isWorthIt else { return }
    do {
      try save()
    } catch {
      reportUnsaved(error)
    }
  }

  private func reportUnsaved(_ error: any Error) {
    configuration.logger.notice("the index was not saved, the next opening may take longer: \(error)")
  }

  /// Writes a snapshot of the index as the rows are now.
  ///
  /// - Parameter isWanted: asked once no other is being written.
  /// - Returns: false where there is nothing to save, or so much is being written that it has to wait.
  @discardableResult
  func save(if isWanted: () -> Bool = { true }) throws -> Bool {
    try saving.withLock { _ in
      guard isWanted() else { return false }
      // Not beside what is another gallery now.
      try connections.checkPlace()
      if file.isForeign { throw SnapshotFile.Failure(foreign: file) }
      file.removeRubbish()
      // Before the rows are followed: whoever erases somebody after that removes this temporary, and its rename fails.
      let temporary = try file.makeTemporary(rightsOf: path)
      do {
        guard let outcome = try write(temporary) else {
          temporary.discard()
          return false
        }
        guard try temporary.commit(to: file) else { return false }
        state.withLock { state in
          if state?.graph === outcome.graph { state?.savedChanges = outcome.changes }
        }
        return true
      } catch {
        temporary.discard()
        throw error
      }
    }
  }

  private func write(_ temporary: SnapshotFile.Temporary) throws -> (graph: HNSWIndex, changes: Int)? {
    var label: SnapshotLabel?
    try connections.read { db, last in
      guard let view = try view(db, last: &last) else { return }
      defer { close(view) }
      label = try SnapshotLabel(embedder: view.embedder, sequence: view.position, in: db)
    }
    guard var label, let frozen = freeze() else { return nil }
    defer { thaw() }
    label.sequence = frozen.position
    let outcome = try frozen.graph.writeSnapshot(to: temporary.descriptor, label: label.encoded) { [self] in
      state.withLock { state in
        state?.graph === frozen.graph && (state?.overlay.entries.count ?? 0) <= Self.mostWaiting
      }
    }
    guard case .written(_, let changes) = outcome else { return nil }
    return (frozen.graph, changes)
  }

  /// Puts all changes into the graph and lets no more in until ``thaw()``; nil if that does not come to an end, as
  /// answers that need the graph as it was go on.
  private func freeze() -> (graph: HNSWIndex, position: Int64)? {
    for attempt in 0..<200 {
      putAllIn()
      isFrozen.store(true, ordering: .sequentiallyConsistent)
      // Whoever was putting changes in has ended.
      draining.withLock { _ in }
      let frozen = state.withLock { state in
        state.flatMap { $0.overlay.hasQueued ? nil : (graph: $0.graph, position: $0.position) }
      }
      if let frozen { return frozen }
      isFrozen.store(false, ordering: .sequentiallyConsistent)
      if attempt > 10 { Thread.sleep(forTimeInterval: 0.001) }
    }
    return nil
  }

  private func thaw() {
    isFrozen.store(false, ordering: .sequentiallyConsistent)
    if state.withLock({ $0?.overlay.hasQueued ?? false }) { scheduleDrain() }
  }

  /// Overwrites what the index keeps of removed vectors in files: the snapshot, also one that is being written, and the
  /// places of removed vectors in a compact index.
  ///
  /// - Returns: whether that could be done: not while answers go on that need a removed vector.
  func eraseFiles() throws -> Bool {
    if try file.erase() { state.withLock { $0?.savedChanges = nil } }
    guard configuration.compact, isBuilt else { return true }
    putAllIn()
    let graph = state.withLock { state in state.flatMap { $0.overlay.hasQueued ? nil : $0.graph } }
    return graph?.eraseRemoved() ?? false
  }
}
