import Dispatch
import HNSW

extension Gallery {
  /// Asks about many probes at once, on as many threads as ``GalleryConfiguration/threads`` allows.
  ///
  ///     let answers = try gallery.query(probes, k: 5)
  ///
  /// Each answer is that of one moment, as ``query(_:k:by:maxDistance:ef:recall:)-(Probe,_,_,_,_,_)`` gives it, and all
  /// have in them what was committed before the call; of what is committed meanwhile some may and others may not.
  ///
  /// - Returns: The answers in the order of the probes.
  /// - Throws: What the first probe that cannot be answered would throw alone.
  public func query(
    _ probes: [Probe], k: Int = 5, by grouping: CandidateGrouping = .identity, maxDistance: Float? = nil,
    ef: Int? = nil, recall: Double? = nil
  ) throws -> [Answer] {
    // One round at first, so that the index is built, and has followed, before threads wait for each other to do it.
    guard let first = probes.first else { return [] }
    let firstAnswer = try query(first, k: k, by: grouping, maxDistance: maxDistance, ef: ef, recall: recall)
    let rest = probes.dropFirst()
    let parts = min(rest.count, max(1, configuration.threads ?? HNSWIndex.Parameters().threads))
    let outcomes = Locked<[Int: Result<Answer, any Error>]>([:])
    let next = Locked(rest.startIndex)
    DispatchQueue.concurrentPerform(iterations: parts) { _ in
      // A few at a time: they may differ in length, and none should wait for the last.
      while let some = next.withLock({ next -> Range<Int>? in
        guard next < rest.endIndex else { return nil }
        defer { next = min(next + 8, rest.endIndex) }
        return next..<min(next + 8, rest.endIndex)
      }) {
        let answered = some.map { index in
          let probe = probes[index]
          return (
            index, Result { try query(probe, k: k, by: grouping, maxDistance: maxDistance, ef: ef, recall: recall) }
          )
        }
        outcomes.withLock { $0.merge(answered) { old, _ in old } }
      }
    }
    let answers = outcomes.withLock { $0 }
    return try [firstAnswer] + rest.indices.compactMap { try answers[$0]?.get() }
  }
}
