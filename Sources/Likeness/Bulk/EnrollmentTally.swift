/// What storing one enrolment did to the rows that were there.
enum EnrollmentFate: Sendable, Hashable {
  /// It is one more row.
  case added
  /// It took the place of a row that was otherwise; so many further ones of its identity and source are gone.
  case replaced(further: Int)
  /// A row was as it is already; so many further ones of its identity and source are gone.
  case kept(further: Int)
}

/// The rows that one request stored.
struct StoredRows: Sendable {
  /// The embeddings' ids, one for each enrolment.
  var ids: [EmbeddingID] = []
  /// What became of each; empty where nothing was to give way.
  var fates: [EnrollmentFate] = []
}

/// Counts rows, not enrolments: where several share an identity and a source, the last one is the row.
struct EnrollmentTally: Sendable {
  /// Rows that hold what was enrolled.
  private(set) var enrolled = 0
  /// Those of them that were not there before.
  private(set) var added = 0
  /// Rows of before that gave way.
  private(set) var replaced = 0
  /// Rows of before that were like that already.
  private(set) var unchanged = 0
  /// Enrolments that gave way to later ones.
  private(set) var superseded = 0
  private var seen = CompactIDs()
  private var kept = CompactIDs()

  mutating func add(_ rows: StoredRows) {
    if rows.fates.isEmpty {
      enrolled += rows.ids.count
      added += rows.ids.count
      return
    }
    for (id, fate) in zip(rows.ids, rows.fates) {
      let isFirst = seen.insert(id.rawValue)
      if isFirst { enrolled += 1 } else { superseded += 1 }
      switch fate {
      case .added: added += 1
      case .replaced(let further):
        replaced += further
        if isFirst {
          replaced += 1
        } else if kept.remove(id.rawValue) {
          unchanged -= 1
          replaced += 1
        }
      case .kept(let further):
        replaced += further
        if isFirst {
          unchanged += 1
          _ = kept.insert(id.rawValue)
        }
      }
    }
  }
}

/// A set of ids that mostly lie close together: a bit each, for files of many millions of rows.
private struct CompactIDs: Sendable {
  private var words: [Int64: UInt64] = [:]

  /// Adds an id; false where it is there already.
  mutating func insert(_ id: Int64) -> Bool {
    let bit = UInt64(1) << UInt64(id & 63)
    let word = words[id >> 6, default: 0]
    words[id >> 6] = word | bit
    return word & bit == 0
  }

  /// Takes an id out; false where it is not there.
  mutating func remove(_ id: Int64) -> Bool {
    let bit = UInt64(1) << UInt64(id & 63)
    guard let word = words[id >> 6], word & bit != 0 else { return false }
    words[id >> 6] = word & ~bit
    return true
  }
}
