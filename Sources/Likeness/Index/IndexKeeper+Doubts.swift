import GRDB
import Logging

/// Does not take the log's word for what others did.
///
/// A program that switches triggers off for a part of a transaction leaves a trace of the rest. The log then says how to
/// follow, and says it wrongly.
extension IndexKeeper {
  /// Looks at the rows that others may have changed without the log saying so, once it was followed. Called with
  /// `following` held, in a snapshot that has all of these commits.
  ///
  /// - Parameter highest: The highest id that the index may have.
  /// - Returns: whether the index has these rows as they are.
  func settleDoubts(_ db: Database, highest: Int64) throws -> Bool {
    let doubts = state.withLock { $0?.doubts } ?? Doubts()
    if doubts.isEmpty { return true }
    guard let view = openView() else { return true }
    defer { close(view) }
    do {
      guard try holds(doubts, view, highest: highest, db) else {
        reportUntraced()
        suspect()
        return false
      }
    } catch {
      // What is in doubt is known no more, now that the log was followed.
      suspect()
      throw error
    }
    state.withLock { $0?.doubts = Doubts() }
    if doubts.isEverywhere { scheduleComparison() }
    return true
  }

  private func holds(_ doubts: Doubts, _ view: IndexView, highest: Int64, _ db: Database) throws -> Bool {
    var agreement = RowAgreement(view, highest: highest, in: db)
    for ids in WrittenRows.merged(doubts.ids) {
      guard try agreement.holds(for: ids) else { return false }
    }
    return try !(doubts.isEverywhere || agreement.needsCount) || agreement.countHolds()
  }

  /// Says on the log that another program kept changes from the log of changes.
  func reportUntraced() {
    configuration.logger.warning(
      """
      embeddings were changed with triggers switched off, without a trace in the table "change": all rows are compared \
      with the index, which has them right from here on
      """)
  }
}
