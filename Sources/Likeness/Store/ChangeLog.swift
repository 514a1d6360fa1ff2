import GRDB

/// The table `change`, as far as it is not written by triggers.
enum ChangeLog {
  /// Drops old changes once there are twice as many as shall be kept. A process that was behind them notices the gap
  /// and compares all rows.
  static func prune(_ db: Database, keeping limit: Int) throws {
    let bounds = try RawStatement(
      db, "SELECT (SELECT min(sequence) FROM change), (SELECT max(sequence) FROM change)")
    guard try bounds.step(), !bounds.isNull(0) else { return }
    let (first, last) = (bounds.integer(0), bounds.integer(1))
    let kept = Int64(max(limit, 0))
    // Another hand may have written any number.
    let (width, isTooWide) = last.subtractingReportingOverflow(first)
    guard isTooWide || width / 2 > kept else { return }
    try prune(db, toLast: Int(clamping: kept))
  }

  /// Drops all changes but the last `count`.
  static func prune(_ db: Database, toLast count: Int) throws {
    let deletion = try RawStatement(db, "DELETE FROM change WHERE sequence <= (SELECT max(sequence) FROM change) - ?")
    try deletion.bind(Int64(count), at: 1)
    try deletion.run()
  }
}
