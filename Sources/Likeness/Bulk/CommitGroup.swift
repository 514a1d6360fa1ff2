import Dispatch
import HNSW
import Locks

/// One caller's enrolments, on their way into a transaction.
struct EnrollmentRequest: Sendable {
  var rows: CheckedEnrollments
  var replacing: Replacement
}

/// Gathers requests that come at the same time, so that one commit, and one wait for the disk, serves them all.
///
/// The first of a batch leads it: when the batch before is stored, it begins a transaction and stores its own request,
/// then those that came meanwhile, and all of the batch return together. Those just served had a moment to come back
/// before it commits. The leader is a caller's own thread, so that there is always one that goes on. (Group commit:
/// DeWitt et al., *Implementation Techniques for Main Memory Database Systems*, 1984.)
final class CommitGroup: Sendable {
  typealias Outcome = Result<StoredRows, any Error>

  private let state = Locked(State())
  /// The most vectors of a batch, unless one request alone has more.
  private static let most = 10_000
  /// How long a leader waits for callers that were there at the last commit: they come back at once, or not at all.
  private static let patience = DispatchTimeInterval.microseconds(500)

  private struct State {
    /// The batch that takes requests.
    var open: Batch?
    /// The last one that was made, until it is stored.
    var latest: Batch?
    /// How many callers there were about the last commit.
    var expected = 1
  }

  /// The requests of one transaction, and then what became of them.
  fileprivate final class Batch: Sendable {
    struct Content {
      var requests: [EnrollmentRequest] = []
      var rows = 0
      var outcomes: [Outcome] = []
    }

    let content = Locked(Content())
    /// Whoever waits in it is woken at once with all others.
    let stored = DispatchGroup()
    /// Raised with every request, and when no more are taken.
    let news = DispatchSemaphore(value: 0)

    init() { stored.enter() }

    /// Takes a request in, unless it has too many rows beside others; its place.
    func add(_ request: EnrollmentRequest) -> Int? {
      content.withLock { content in
        let rows = content.rows + request.rows.enrollments.count
        if rows > CommitGroup.most, !content.requests.isEmpty { return nil }
        content.requests.append(request)
        content.rows = rows
        return content.requests.count - 1
      }
    }

    func request(_ place: Int) -> EnrollmentRequest? {
      content.withLock { place < $0.requests.count ? $0.requests[place] : nil }
    }

    func end(_ outcomes: [Outcome]) {
      content.withLock { $0 = Content(outcomes: outcomes) }
      stored.leave()
    }
  }

  /// The requests of a batch, as they come; the batch takes no more when there is no next one.
  struct Arrivals: IteratorProtocol {
    private let group: CommitGroup
    private let batch: Batch
    private var count = 0

    fileprivate init(_ group: CommitGroup, _ batch: Batch) { (self.group, self.batch) = (group, batch) }

    mutating func next() -> EnrollmentRequest? {
      guard let request = group.request(count, of: batch) else { return nil }
      count += 1
      return request
    }
  }

  /// Stores a request together with others, and returns its rows when they are durable.
  func commit(_ request: EnrollmentRequest, _ store: (inout Arrivals) -> [Outcome]) throws -> StoredRows {
    let (batch, place, before) = join(request)
    if place == 0 {
      before?.stored.wait()
      lead(batch, store)
    } else {
      batch.stored.wait()
    }
    return try batch.content.withLock { $0.outcomes[place] }.get()
  }

  /// Finds a request a place in a batch. Whoever has the first place leads, after the batch `before`.
  private func join(_ request: EnrollmentRequest) -> (batch: Batch, place: Int, before: Batch?) {
    state.withLock { state in
      if let open = state.open {
        defer { open.news.signal() }
        if let place = open.add(request) { return (open, place, nil) }
      }
      let batch = Batch()
      _ = batch.add(request)
      defer { (state.open, state.latest) = (batch, batch) }
      return (batch, 0, state.latest)
    }
  }

  private func lead(_ batch: Batch, _ store: (inout Arrivals) -> [Outcome]) {
    var arrivals = Arrivals(self, batch)
    let outcomes = store(&arrivals)
    state.withLock { state in
      state.expected = outcomes.count + (state.open?.content.withLock(\.requests.count) ?? 0)
      if state.latest === batch { state.latest = nil }
    }
    batch.end(outcomes)
  }

  /// The request at a place, which may be about to come; nil where none does, and none will.
  private func request(_ place: Int, of batch: Batch) -> EnrollmentRequest? {
    let deadline = DispatchTime.now() + Self.patience
    var isLate = false
    while true {
      let request = state.withLock { state -> EnrollmentRequest?? in
        if let request = batch.request(place) { return request }
        let isOpen = state.open === batch
        if isOpen, !isLate, place < state.expected { return nil }
        if isOpen { state.open = nil }
        return .some(nil)
      }
      if let request { return request }
      isLate = batch.news.wait(timeout: deadline) == .timedOut
    }
  }
}
