import Dispatch
import HNSW

/// One caller's enrolments, on their way into a transaction.
struct EnrollmentRequest: Sendable {
  var rows: CheckedEnrollments
  var replacing: Replacement
}

/// Gathers requests that come at the same time, so that one commit, and one wait for the disk, serves them all.
///
/// The first to come leads: it takes all that wait, its own first, stores them, and hands each its own result. Who comes
/// meanwhile waits, and one of them leads next. The leader is a caller's own thread, so that there is always one that
/// goes on. (Group commit: DeWitt et al., *Implementation Techniques for Main Memory Database Systems*, 1984.)
final class CommitGroup: Sendable {
  typealias Outcome = Result<[EmbeddingID], any Error>

  /// A caller that waits.
  private final class Waiting: Sendable {
    let request: EnrollmentRequest
    let signal = DispatchSemaphore(value: 0)
    /// Its result; nil where it shall lead.
    let outcome = Locked<Outcome?>(nil)

    init(_ request: EnrollmentRequest) { self.request = request }

    func end(_ result: Outcome?) {
      outcome.withLock { $0 = result }
      signal.signal()
    }
  }

  private struct State {
    var queue: [Waiting] = []
    var hasLeader = false
    /// How many callers there were about the last commit.
    var expected = 1
    /// Raised when so many are in the queue.
    var isFull: DispatchSemaphore?
  }

  private let state = Locked(State())
  /// The most vectors of a group, unless one request alone has more.
  private static let most = 10_000
  /// How long a leader waits for callers that were there at the last commit: they come back at once, or not at all.
  private static let patience = DispatchTimeInterval.microseconds(500)

  /// Stores a request together with others, and returns its ids when they are durable.
  func commit(
    _ request: EnrollmentRequest, _ store: ([EnrollmentRequest]) -> [Outcome]
  ) throws -> [EmbeddingID] {
    let mine = Waiting(request)
    let isLeader = state.withLock { state in
      state.queue.append(mine)
      if state.queue.count >= state.expected { state.isFull?.signal() }
      defer { state.hasLeader = true }
      return !state.hasLeader
    }
    if !isLeader {
      mine.signal.wait()
      if let outcome = mine.outcome.withLock({ $0 }) { return try outcome.get() }
    }
    return try lead(mine, store).get()
  }

  private func lead(_ mine: Waiting, _ store: ([EnrollmentRequest]) -> [Outcome]) -> Outcome {
    let group = gather(mine)
    let outcomes = store(group.map(\.request))
    let next = state.withLock { state in
      state.expected = group.count + state.queue.count
      state.hasLeader = !state.queue.isEmpty
      return state.queue.first
    }
    next?.end(nil)
    for (waiting, outcome) in zip(group, outcomes).dropFirst() { waiting.end(outcome) }
    return outcomes.first ?? .success([])
  }

  /// Takes the requests of the next transaction off the queue: the leader's first, and of the others as many as there
  /// is room for, in their order.
  private func gather(_ mine: Waiting) -> [Waiting] {
    let full = state.withLock { state -> DispatchSemaphore? in
      guard state.queue.count < state.expected else { return nil }
      state.isFull = DispatchSemaphore(value: 0)
      return state.isFull
    }
    if let full { _ = full.wait(timeout: .now() + Self.patience) }
    return state.withLock { state in
      state.isFull = nil
      state.queue.removeAll { $0 === mine }
      var rows = mine.request.rows.enrollments.count
      var count = 0
      while count < state.queue.count {
        rows += state.queue[count].request.rows.enrollments.count
        if rows > Self.most { break }
        count += 1
      }
      defer { state.queue.removeFirst(count) }
      return [mine] + state.queue.prefix(count)
    }
  }
}
