import Dispatch
import Foundation
import GRDB
import HNSW
import Locks
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
/// rows are the only truth. And it is not believed without a look: after commits of others the rows on the pages that
/// they wrote are compared, and where these are not known the number of rows at once and all rows in the background.
final class IndexKeeper: Sendable {
  let configuration: GalleryConfiguration
  /// The gallery's path.
  let path: String
  /// Held while an index is built, so that it is built once.
  private let building = Locked(Turn())
  /// The thread that builds it.
  private let builder = Locked<pthread_t?>(nil)
  /// Held from the taking of a snapshot until the index agrees with it, so that positions never go back.
  let following = Locked(Turn())
  /// Held while changes go from the overlay into the graph.
  let draining = Locked(Turn())
  let drainIsScheduled = Atomic(false)
  /// Set while the graph is written to a file: changes wait in the overlay, so that nobody waits for the file.
  let isFrozen = Atomic(false)
  let state = Locked<IndexState?>(nil)
  let connections: Connections
  /// The snapshot beside the gallery.
  let file: SnapshotFile
  /// Held while a snapshot is written, so that one is written at a time.
  let saving = Locked(Turn())
  let saveIsScheduled = Atomic(false)
  let isClosing = Atomic(false)
  let beganWithSnapshot = Atomic(false)
  /// How often an answer takes another snapshot because others committed meanwhile.
  let mostLateRounds = Atomic<Int>(8)
  /// When all rows are compared in the background.
  let watchfulness = Locked(Watchfulness())
  /// How often an answer compared all rows.
  let comparisons = Atomic<Int>(0)
  /// How many numbers the index has had (``IndexState/generation``).
  private let generations = Atomic<Int>(0)
  /// How often they were compared in the background.
  let backgroundComparisons = Atomic<Int>(0)
  /// Whether the gallery may be written, and a snapshot beside it.
  let canSave: Bool

  init(configuration: GalleryConfiguration, path: String, connections: Connections, canSave: Bool) {
    self.configuration = configuration
    self.path = path
    self.connections = connections
    self.canSave = canSave
    file = SnapshotFile(galleryAt: path)
  }

  /// The index that agrees with the snapshot `db` is about to take; nil where there is no embedder yet. `db` must not
  /// have read anything in its transaction. Close the view when the answer is done.
  ///
  /// - Parameter last: What is known of the connection's last snapshot, and then of this one.
  /// - Throws: ``Connections/StaleSnapshot`` where that is of an earlier commit, among others.
  func view(_ db: Database, last: inout LastSnapshot) throws -> IndexView? {
    // Where nobody committed since this connection looked, and the index is what it was then, nothing is to be followed.
    if let head = last.head {
      let current = try Head.current(db, last: head)
      if current.dataVersion == head.dataVersion,
        let view = openView(if: { $0.generation == head.generation && !$0.isSuspect })
      {
        return view
      }
      // Another snapshot, taken in turn: this one may be behind what the index has followed meanwhile.
      throw Connections.StaleSnapshot()
    }
    return try following.withLock { _ in
      let end = WriteAheadLog(db)?.end()
      // Takes the snapshot, and nothing that takes time comes between it and the look at what others committed: where
      // they commit quickly, every snapshot would be late.
      _ = try db.integer("PRAGMA data_version")
      let isLate = noticeStrangers(since: end)
      if isLate == true, last.lateRounds < mostLateRounds.load(ordering: .relaxed) {
        // What they did may have come after this snapshot, and is best looked at in one that has it.
        last.lateRounds += 1
        throw Connections.StaleSnapshot()
      }
      last.lateRounds = 0
      var head = try Head.current(db, last: nil)
      guard let embedder = head.embedder else {
        last.head = head
        state.withLock { $0 = nil }
        return nil
      }
      let open = isLate == true ? state.withLock { $0.map { (isSuspect: $0.isSuspect, doubts: $0.doubts) } } : nil
      try follow(db, to: head, embedder: embedder)
      if let open { keepOpen(isSuspect: open.isSuspect, open.doubts) }
      let view = openView()
      head.generation = view?.generation
      if isLate == nil { head.dataVersion = .min }
      last.head = head
      return view
    }
  }

  /// Leaves for the next snapshot what was noticed after this one was taken, which that cannot settle.
  private func keepOpen(isSuspect: Bool, _ doubts: Doubts) {
    state.withLock { state in
      if isSuspect { state?.isSuspect = true }
      state?.doubts = Doubts(ids: WrittenRows.merged(doubts.ids), isEverywhere: doubts.isEverywhere)
    }
  }

  /// Suspects the index where somebody committed and the log does not say what, and notes where it may not say all.
  ///
  /// - Parameter start: Where the write-ahead log ended before the snapshot was taken.
  /// - Returns: whether they may have done what was noted now after that; nil where that cannot be told now, as this
  ///   process is writing.
  private func noticeStrangers(since start: WriteAheadLog.Position?) -> Bool? {
    guard let (commits, written, end) = connections.newsOfStrangers() else { return nil }
    let isLate = start == nil || start != end
    return state.withLock { state in
      guard let now = state, now.strangeCommits != commits else { return false }
      state?.strangeCommits = commits
      guard let known = now.strangeCommits, known.untraced == commits.untraced, written.since <= known.seen else {
        state?.isSuspect = true
        return isLate
      }
      state?.doubts.ids += written.ids
      if known.unseen != commits.unseen { state?.doubts.isEverywhere = true }
      return isLate
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

  func openView(if isWanted: (IndexState) -> Bool = { _ in true }) -> IndexView? {
    state.withLock { state in
      guard let now = state, isWanted(now) else { return nil }
      state?.openViews[now.position, default: 0] += 1
      return IndexView(
        embedder: now.embedder, graph: now.graph, overlay: now.overlay, position: now.position,
        searchable: now.searchable, faults: now.faults, logIsTrusted: now.logIsTrusted,
        generation: now.generation)
    }
  }

  /// A number that the index did not have before.
  func nextGeneration() -> Int { generations.add(1, ordering: .relaxed).newValue }

  // MARK: Building

  /// Puts an index in the place of the one there is, or of none. Called with `following` held: whoever follows goes on
  /// from the position of the index that it found.
  func publish(_ built: IndexState) {
    var built = built
    built.generation = nextGeneration()
    state.withLock { state in
      // Answers under way close what they opened.
      built.openViews = state?.openViews ?? [:]
      state = built
    }
  }

  /// Runs `body`, which builds an index, while nobody else does.
  ///
  /// - Throws: ``GalleryError/invalidArgument(reason:)`` where this thread is at it already, and has come here from the
  ///   progress of that: it would wait for itself for ever.
  func building(_ body: () throws -> Void) throws {
    let thread = pthread_self()
    if builder.withLock({ $0 == thread }) {
      throw GalleryError.invalidArgument(
        reason: "the index of \(path) is being built, and this was called from the progress of that: call it when that "
          + "has returned")
    }
    try building.withLock { _ in
      builder.withLock { $0 = thread }
      defer { builder.withLock { $0 = nil } }
      try body()
    }
  }

  /// Makes the index if there is none, from the snapshot or else from the rows, in short transactions.
  func buildIfNeeded(progress: ((GalleryProgress) -> Void)? = nil) throws {
    try building {
      if isBuilt { return }
      // What others commit from now on without a trace in the log will be noticed.
      let strangeCommits = connections.strangeCommits()
      let read: SnapshotOpening.Read = { [connections] body in try connections.read { db in try body(db) } }
      var holdsRemoved = false
      var made: IndexState?
      if configuration.snapshots != .never {
        do {
          let opening = SnapshotOpening(configuration: configuration, path: path, file: file)
          if let opened = try opening.open(read: read) { (made, holdsRemoved) = opened }
        } catch let refusal as SnapshotRefusal {
          configuration.logger.notice("the index is built from the rows, as \(file.path) is not used: \(refusal)")
        }
      }
      if made == nil {
        made = try IndexBuilder(configuration: configuration, path: path).build(read: read) { [self] done in
          if isClosing.load(ordering: .acquiring) { throw GalleryError.closed(path: path) }
          progress?(done)
        }
      }
      guard var made else { return }
      made.strangeCommits = strangeCommits
      report(made.faults.map { ($0.key, $0.value) }, embedder: made.embedder)
      let hasQueued = made.overlay.hasQueued
      let isFirst = following.withLock { _ in
        // Whoever follows may have found an embedder, and built one, meanwhile; that has gone on since.
        if isBuilt { return false }
        publish(made)
        return true
      }
      if !isFirst { return }
      beganWithSnapshot.store(made.savedChanges != nil, ordering: .releasing)
      if hasQueued { scheduleDrain() }
      // What the rows do not have any more is not to stay in a file.
      saveIfDue(isUrgent: holdsRemoved)
    }
  }
}
