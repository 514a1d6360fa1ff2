import Dispatch
import HNSW
import Logging
import Synchronization

extension IndexKeeper {
  /// Puts pending changes into the graph, oldest first, as far as no answer under way needs the graph without them.
  /// Searches go on meanwhile.
  ///
  /// While a snapshot is written they stay in the overlay, and are put into the graph after that.
  ///
  /// - Parameter step: How many at once; nil for few enough that nobody waits long.
  func drain(step: Int? = nil) {
    if isFrozen.load(ordering: .sequentiallyConsistent) { return }
    putAllIn(step: step)
    saveIfDue()
  }

  /// Puts pending changes into the graph, also when that means waiting for a snapshot.
  func putAllIn(step: Int? = nil) {
    draining.withLock { _ in
      while let (graph, batch) = nextBatch(step), !batch.isEmpty {
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

  private func nextBatch(_ step: Int?) -> (graph: HNSWIndex, batch: [(id: Int64, pending: Pending)])? {
    state.withLock { state in
      guard let graph = state?.graph else { return nil }
      let oldest = state?.openViews.keys.min() ?? .max
      return (graph, state?.overlay.take(upTo: oldest, limit: step ?? VectorBatch.step(graph.dimension)) ?? [])
    }
  }

  /// The changes that the graph took. What it refuses stays pending: found by comparing, only slower.
  ///
  /// New vectors go in together, which the graph does on many threads; the order within a batch makes no difference, as
  /// it has one change of an embedding at most.
  private func put(
    _ batch: [(id: Int64, pending: Pending)], into graph: HNSWIndex
  ) -> [(id: Int64, number: Int)] {
    var done: [(id: Int64, number: Int)] = []
    var added: [(id: Int64, number: Int)] = []
    var new = VectorBatch(dimension: graph.dimension, capacity: batch.count)
    func report(_ what: String, _ error: any Error) {
      configuration.logger.error("\(what) could not be indexed: \(error)")
    }
    for (id, pending) in batch {
      do {
        if let vector = pending.vector {
          if graph.contains(id: id) {
            try graph.update(vector, id: id)
          } else {
            try vector.withUnsafeBytes { try new.append($0, id: id) { try graph.validate($0) } }
            added.append((id, pending.number))
            continue
          }
        } else {
          graph.remove(id: id)
        }
        done.append((id, pending.number))
      } catch {
        report("embedding \(id)", error)
      }
    }
    do {
      try graph.add(contentsOf: new.rows, ids: new.ids)
      done += added
    } catch {
      report("\(added.count) embeddings", error)
    }
    return done
  }
}
