import GRDB
import HNSW

/// Looks whether an index has rows as they are, in the snapshot of a view that is open. The graph may take changes up
/// meanwhile.
struct RowAgreement: ~Copyable {
  private let view: IndexView
  private let db: Database
  private let comparison: IndexComparison
  /// The highest id that the index may have.
  private let highest: Int64
  /// How many ids without a row may still be looked up in the index.
  private var lookups = 65_536
  /// Whether the index may have more ids than were looked up, so that only the number of rows tells.
  private(set) var needsCount = false

  /// - Parameter highest: The highest id of a row, now or when the index was last in step.
  init(_ view: IndexView, highest: Int64, in db: Database) {
    (self.view, self.highest, self.db) = (view, highest, db)
    comparison = IndexComparison(view.graph, isAmidChanges: true)
  }

  /// Whether the rows with these ids, and those beside them that are no more, are as the index has them.
  ///
  /// Where `ids` are from the first to the last row of a page, a row that was deleted from it was between two rows that
  /// are there still, of which one is on that page or on another that was written then: SQLite writes every page that
  /// takes over rows, or ids, of another.
  mutating func holds(for ids: ClosedRange<Int64>) throws -> Bool {
    let before = try neighbour("SELECT max(id) FROM embedding WHERE id < ?", of: ids.lowerBound)
    let after = try neighbour("SELECT min(id) FROM embedding WHERE id > ?", of: ids.upperBound)
    let statement = try RawStatement(
      db, "SELECT id, embedder_id, vector FROM embedding WHERE id BETWEEN ? AND ? ORDER BY id")
    try statement.bind(ids.lowerBound, at: 1)
    try statement.bind(ids.upperBound, at: 2)
    var last = before
    while try statement.step() {
      let id = try statement.id(0, after: last)
      guard isFree(between: last, and: id), holds(statement, id) else { return false }
      last = id
    }
    return isFree(between: last, and: after)
  }

  /// Whether up to `limit` rows behind `last` are as the index has them.
  ///
  /// - Returns: the last of these rows; nil where there was none.
  func holds(behind last: Int64?, limit: Int) throws -> (isSo: Bool, last: Int64?) {
    if last == .max { return (true, nil) }
    let statement = try RawStatement(
      db, "SELECT id, embedder_id, vector FROM embedding WHERE id >= ? ORDER BY id LIMIT ?")
    try statement.bind(last.map { $0 + 1 } ?? .min, at: 1)
    try statement.bind(Int64(limit), at: 2)
    var row: Int64?
    while try statement.step() {
      let id = try statement.id(0, after: row ?? last)
      guard holds(statement, id) else { return (false, id) }
      row = id
    }
    return (true, row)
  }

  /// Whether there are as many rows as the index knows. Where it has every row as it is, it then has nothing else.
  func countHolds() throws -> Bool {
    try db.integer("SELECT count(*) FROM embedding") == Int64(view.searchable + view.faults.count)
  }

  private func neighbour(_ sql: String, of id: Int64) throws -> Int64? {
    let statement = try RawStatement(db, sql)
    try statement.bind(id, at: 1)
    return try statement.step() && !statement.isNull(0) ? statement.integer(0) : nil
  }

  /// Whether the index has no id between two that are next to each other in the rows; nil for none on that side.
  private mutating func isFree(between before: Int64?, and after: Int64?) -> Bool {
    guard let before else {
      needsCount = true
      return true
    }
    let end = after.map { $0 - 1 } ?? highest
    if before >= end { return true }
    let (width, isTooWide) = end.subtractingReportingOverflow(before)
    guard !isTooWide, width <= lookups else {
      needsCount = true
      return true
    }
    lookups -= Int(width)
    for id in before + 1...end where knows(id) { return false }
    return true
  }

  /// Whether the index has anything under an id.
  private func knows(_ id: Int64) -> Bool {
    if view.faults[id] != nil { return true }
    if let pending = view.overlay[id] { return pending.vector != nil }
    return view.graph.contains(id: id)
  }

  /// Whether the index has the row that `statement` stands on as it is.
  private func holds(_ statement: borrowing RawStatement, _ id: Int64) -> Bool {
    let pending = view.overlay[id]
    if statement.integer(1) == view.embedder.id, let blob = statement.blob(2) {
      if let pending {
        if let vector = pending.vector, vector.withUnsafeBytes({ $0.elementsEqual(blob) }) { return true }
      } else if comparison.compareAmidChanges(blob, id: id) == .same {
        return true
      }
    }
    guard let fault = view.faults[id] else { return false }
    if case .fault(fault) = RowVector(statement, embedderAt: 1, vectorAt: 2, embedder: view.embedder) { return true }
    return false
  }
}
