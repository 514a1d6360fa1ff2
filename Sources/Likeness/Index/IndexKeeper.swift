import Dispatch
import Foundation
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
  /// Held from the taking of a snapshot until the index agrees with it, so that positions never go back. How many
  /// snapshots in a row came too late.
  let following = Locked(0)
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
  /// When all rows are compared in the background.
  let watchfulness = Locked(Watchfulness())
  /// How often an answer compared all rows.
  let comparisons = Atomic<Int>(0)
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
  /// - Throws: ``Connections/StaleSnapshot`` where `head` is of an earlier commit, among others.
  func view(_ db: Database, head: inout Head?) throws -> IndexView? {
    // Where nobody committed since this connection looked, and the index is where it was then, nothing is to be followed.
    if let last = head {
      let current = try Head.current(db, last: last)
      if current.dataVersion == last.dataVersion, let view = openView(ifAt: current) { return view }
      // Another snapshot, taken in turn: this one may be behind what the index has followed meanwhile.
      throw Connections.StaleSnapshot()
    }
    return try following.withLock { late in
      let end = WriteAheadLog(db)?.end()
      // Takes the snapshot. What takes longer to be read comes after the look at what others did: the less time there is
      // between the two, the fewer commits come between them.
      let version = try db.integer("PRAGMA data_version")
      let isLate = noticeStrangers(since: end)
      // What they did may have come after this snapshot, and has to be in the one that is compared. Where they never pause,
      // all rows of this one are compared instead, and of the next one again.
      let isHopeless = isLate == true && late >= Self.mostLate
      if isLate == true, !isHopeless {
        late += 1
        throw Connections.StaleSnapshot()
      }
      late = 0
      let current = try Head.read(db, dataVersion: version)
      head = current
      guard let embedder = current.embedder else {
        state.withLock { $0 = nil }
        return nil
      }
      if isHopeless { suspect() }
      try follow(db, to: current, embedder: embedder)
      if isHopeless { suspect() }
      if isHopeless || isLate == nil { head?.dataVersion = .min }
      head?.generation = state.withLock { $0?.generation }
      return openView()
    }
  }

  /// How many snapshots in a row are given up as others committed before it was known what they had done.
  private static let mostLate = 64

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

  func openView(ifAt head: Head? = nil) -> IndexView? {
    state.withLock { state in
      guard let now = state else { return nil }
      if let head, !now.agrees(with: head) { return nil }
      state?.openViews[now.position, default: 0] += 1
      return IndexView(
        embedder: now.embedder, graph: now.graph, overlay: now.overlay, position: now.position,
        searchable: now.searchable, faults: now.faults, logIsTrusted: now.logIsTrusted)
    }
  }

  // MARK: Building

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
      // Whoever followed meanwhile may have made one, which is at a later position.
      let isUsed = following.withLock { _ in
        state.withLock { state in
          if state == nil { state = made }
          return state?.graph === made.graph
        }
      }
      guard isUsed else { return }
      beganWithSnapshot.store(made.savedChanges != nil, ordering: .releasing)
      if hasQueued { scheduleDrain() }
      // What the rows do not have any more is not to stay in a file.
      saveIfDue(isUrgent: holdsRemoved)
    }
  }
}
