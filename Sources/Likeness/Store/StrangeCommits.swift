/// Commits of others, counted by what is known of them: numbers that grow.
struct StrangeCommits: Sendable, Hashable {
  /// Those that changed embeddings, or may have, and left no trace in the log of changes.
  var untraced = 0
  /// Those that left a trace and could not be looked at, or not at all that they wrote. Whether the log has all of their
  /// changes is not known.
  var unseen = 0
  /// Those whose pages are known.
  var seen = 0
}

/// Where others have written: all rows that they changed are on pages of which the first and the last row are here.
struct WrittenRows: Sendable {
  /// The first and the last id of each page, or of pages side by side; of pages that were written again, as they were
  /// each time.
  private(set) var ids: [ClosedRange<Int64>] = []
  /// How many commits had been seen before the first of these.
  private(set) var since: Int
  /// When to put together what is side by side.
  private var limit = 4_096

  /// How many places are kept at most, 2 MB.
  private static let most = 131_072

  init(since: Int) { self.since = since }

  /// Notes pages; false where there are too many places to keep.
  mutating func note(_ pages: [ClosedRange<Int64>]) -> Bool {
    ids += pages
    if ids.count > limit {
      ids = Self.merged(ids)
      limit = max(4_096, 2 * ids.count)
    }
    return ids.count <= Self.most
  }

  /// The same ids in order, each once, and pages side by side as one.
  static func merged(_ ids: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
    var merged: [ClosedRange<Int64>] = []
    for range in ids.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }
}
