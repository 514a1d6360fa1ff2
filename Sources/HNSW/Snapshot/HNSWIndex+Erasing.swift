#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension HNSWIndex {
  /// Overwrites the vectors that were removed or replaced, in memory or in the file that they are in, and waits until that
  /// is on the disk. Changes wait meanwhile.
  ///
  /// - Returns: false if a search that may still read them does not come to an end within some seconds.
  package func eraseRemoved() -> Bool {
    writer.withLock { writer in
      writer.sweep()
      let waiting = graph.reclamation.waiting
      // A place that was used again is overwritten, but perhaps in memory alone.
      if waiting.isEmpty { return graph.storage.flushVectors() }
      let epoch = graph.reclamation.nextEpoch()
      var patience = 5_000
      while let earliest = graph.reclamation.earliestEpoch(), earliest < epoch {
        patience -= 1
        if patience == 0 { return false }
        usleep(1_000)
      }
      for slot in waiting { graph.memory.vector(slot).update(repeating: 0, count: graph.memory.stride) }
      return graph.storage.flushVectors()
    }
  }

  /// Whether nothing is left of removed vectors, for tests.
  package func freeSlotsAreZero() -> Bool {
    writer.withLock { writer in
      (writer.ghosts + graph.reclamation.waiting).allSatisfy { slot in
        (0..<dimension).allSatisfy { graph.memory.vector(slot)[$0] == 0 }
      }
    }
  }
}
