import Dispatch
import GRDB
import Logging
import Synchronization

/// Compares all rows with the index in the background, after commits of others of which neither the log of changes nor
/// the write-ahead log says for certain what they did.
///
/// Nobody waits for it: the rows are read some at a time, each part in a short transaction with a view of its own, so
/// beside the index exactly as it is in that snapshot. Where a row is otherwise than the index has it, the index is
/// suspected, and is brought into step the way it always is.
extension IndexKeeper {
  /// How many bytes of vectors are compared in one transaction, and how many rows at most.
  private static let part = (bytes: 2_097_152, rows: 4_096)

  /// Sees to it that all rows are compared soon.
  func scheduleComparison() {
    if let time = watchfulness.withLock({ $0.ask(now: DispatchTime.now().uptimeNanoseconds) }) { schedule(at: time) }
  }

  private func schedule(at time: UInt64) {
    // A gallery that nobody refers to any more does not have to wait for it.
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: DispatchTime(uptimeNanoseconds: time)) { [weak self] in
      self?.compareInBackground()
    }
  }

  private func compareInBackground() {
    if isClosing.load(ordering: .acquiring) { return }
    watchfulness.withLock { $0.begin() }
    let began = DispatchTime.now().uptimeNanoseconds
    do {
      if try !allRowsHold() {
        reportUntraced()
        suspect()
        try withCurrentView { _, _ in }
      }
    } catch {
      if isClosing.load(ordering: .acquiring) { return }
      configuration.logger.notice("the rows could not be compared with the index in the background: \(error)")
      // Whether the log had all changes is not known yet.
      scheduleComparison()
    }
    let now = DispatchTime.now().uptimeNanoseconds
    if let time = watchfulness.withLock({ $0.end(began: began, now: now) }) { schedule(at: time) }
  }

  /// Whether the index has all rows as they are, and nothing else. What is committed meanwhile is looked at as any commit
  /// is.
  private func allRowsHold() throws -> Bool {
    backgroundComparisons.add(1, ordering: .relaxed)
    var last: Int64?
    var hasMore = true
    while hasMore {
      let holds = try withCurrentView { view, db in
        let limit = max(1, min(Self.part.rows, Self.part.bytes / (4 * view.embedder.dimension)))
        let (isSo, row) = try RowAgreement(view, highest: .max, in: db).holds(behind: last, limit: limit)
        hasMore = row != nil
        if let row { last = row }
        return isSo
      }
      // Without an embedder there is nothing to compare.
      guard let holds else { return true }
      if !holds { return false }
    }
    return try withCurrentView { view, db in
      try RowAgreement(view, highest: .max, in: db).countHolds()
    } ?? true
  }

  /// Runs `body` with the index as it agrees with a snapshot of the rows; nil where there is none.
  @discardableResult
  private func withCurrentView<T>(_ body: (IndexView, Database) throws -> T) throws -> T? {
    if isClosing.load(ordering: .acquiring) { throw GalleryError.closed(path: path) }
    return try connections.read { db, last in
      guard let view = try view(db, last: &last) else { return nil }
      defer { close(view) }
      return try body(view, db)
    }
  }
}
