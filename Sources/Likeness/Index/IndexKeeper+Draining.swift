import Dispatch
import HNSW
import Logging
import Synchronization

extension IndexKeeper {
  /// Puts pending changes into the graph, oldest first, as far as no answer under way needs the graph without them.
  /// Searches go on meanwhile.
  func drain() {
    draining.withLock { _ in
      while let (graph, batch) = nextBatch(), !batch.isEmpty {
        let done = put(batch, into: graph)
        state.withLock { state in
          if state?.graph === graph { state?.overlay.settle(done) }
        }
      }
    }
  }

  /// Drains on another thread, once at a time.
  func scheduleDrain() {
    guard drainIsScheduled.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    else { return }
    DispatchQueue.global(qos: .utility).async { [self] in
      drainIsScheduled.store(false, ordering: .releasing)
      drain()
    }
  }

  private func nextBatch() -> (graph: HNSWIndex, batch: [(id: Int64, pending: Pending)])? {
    state.withLock { state in
      guard let graph = state?.graph else { return nil }
      let oldest = state?.openViews.keys.min() ?? .max
      return (graph, state?.overlay.take(upTo: oldest, limit: 512) ?? [])
    }
  }

  /// The changes that the graph took. What it refuses stays pending: found by comparing, only slower.
  private func put(
    _ batch: [(id: Int64, pending: Pending)], into graph: HNSWIndex
  ) -> [(id: Int64, sequence: Int64)] {
    var done: [(id: Int64, sequence: Int64)] = []
    for (id, pending) in batch {
      do {
        if let vector = pending.vector {
          if graph.contains(id: id) {
            try graph.update(vector, id: id)
          } else {
            try graph.add(vector, id: id)
          }
        } else {
          graph.remove(id: id)
        }
        done.append((id, pending.sequence))
      } catch {
        configuration.logger.error("embedding \(id) could not be indexed: \(error)")
      }
    }
    return done
  }
}
