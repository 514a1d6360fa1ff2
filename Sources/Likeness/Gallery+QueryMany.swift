import Dispatch
import HNSW
import Locks

extension Gallery {
  /// Asks about many probes at once, on as many threads as ``GalleryConfiguration/threads`` allows.
  ///
  ///     let answers = try gallery.query(probes, k: 5)
  ///
  /// Each answer is that of one moment, as ``query(_:k:by:where:maxDistance:ef:recall:)-(Probe,_,_,_,_,_,_)`` gives it, and all
  /// have in them what was committed before the call; of what is committed meanwhile some may and others may not.
  ///
  /// - Returns: The answers in the order of the probes.
  /// - Throws: What the first probe that cannot be answered would throw alone.
  public func query(
    _ probes: [Probe], k: Int = 5, by grouping: CandidateGrouping = .identity, where condition: String? = nil,
    maxDistance: Float? = nil, ef: Int? = nil, recall: Double? = nil
  ) throws -> [Answer] {
    let question = try Question(
      k: k, grouping: grouping, condition: condition.map(Condition.init), maxDistance: maxDistance,
      effort: Effort(ef: ef, recall: recall, or: configuration))
    if probes.isEmpty {
      try connections.checkOpen()
      return []
    }
    try translating { try buildIndex() }
    let threads = min((probes.count + 3) / 4, max(1, configuration.threads ?? HNSWIndex.Parameters().threads))
    let outcomes = Locked<[Result<Answer, any Error>?]>(Array(repeating: nil, count: probes.count))
    let next = Locked(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      // Some at a time: probes may differ in length, and no thread should wait for the last. All of a piece are answered from
      // one snapshot, which is what a transaction each would cost most of.
      while let piece = next.withLock({ next -> Range<Int>? in
        guard next < probes.count else { return nil }
        let size = max(1, min(64, (probes.count - next) / (2 * threads)))
        defer { next += size }
        return next..<min(next + size, probes.count)
      }) {
        let answers = answers(to: probes[piece], question)
        outcomes.withLock { $0.replaceSubrange(piece, with: answers) }
      }
    }
    return try outcomes.withLock { $0 }.compactMap { try $0?.get() }
  }

  private func answers(to probes: ArraySlice<Probe>, _ question: Question) -> [Result<Answer, any Error>] {
    let vectors = probes.map { probe in Result { try vector(for: probe) } }
    let pairs = Array(zip(probes, vectors))
    let searches = try? translating {
      try withView { view, head, db in
        // Once for all of the piece.
        let allowed = try self.allowed(by: question, view, db)
        return pairs.map { probe, vector in
          Result { try ask(probe, vector.get(), question, among: allowed, view, head, db) }
        }
      }
    }
    return pairs.enumerated().map { place, pair in
      if let search = try? searches?[place].get(), !search.disagrees { return .success(search.answer(question)) }
      // What went wrong goes wrong again, or was a matter of the moment.
      return Result { try translating { try answer(pair.0, pair.1.get(), question) } }
    }
  }
}
