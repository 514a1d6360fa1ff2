/// Reads the pages of one commit for what they say about rows of `embedding`.
struct CommitPages {
  private var commit = WriteAheadLog.Commit()
  private let roots: WriteAheadLog.Roots
  /// Pages that are of no tree, which rows go on to or which are free: the next of each, and the free ones it may list.
  private var loose: [UInt32: (next: UInt32, free: [UInt32])] = [:]
  /// Where rows go on.
  private var continuations: [UInt32] = []
  /// The first page that lists free ones, where that may have changed.
  private var firstFree: UInt32?

  /// The fewest columns that a row of `embedding` was ever stored with.
  private static let columns = 9

  init(roots: WriteAheadLog.Roots) { self.roots = roots }

  /// Reads one page; false where it says nothing.
  mutating func read(_ page: TablePage, number: UInt32) -> Bool {
    if number == 1 {
      firstFree = page.firstFree
      return true
    }
    if number == roots.sequences {
      guard let sequence = page.sequence(of: "change") else { return false }
      commit.sequence = sequence
      return true
    }
    // Of a page that is there twice, the last counts.
    loose[number] = nil
    continuations += page.continuations
    guard page.mayHold(columns: Self.columns, isRoot: number == roots.embedding) else { return true }
    commit.mayHoldEmbeddings = true
    if !page.isLeaf {
      loose[number] = (page.next, page.free)
    } else if let ids = page.ids {
      commit.ids.append(ids)
    } else {
      commit.ids.append(.min ... .max)
    }
    return true
  }

  /// The commit, after its last page was read.
  consuming func end() -> WriteAheadLog.Commit {
    for first in continuations {
      var page = first
      while let next = loose.removeValue(forKey: page)?.next { page = next }
    }
    if var page = firstFree {
      while let list = loose.removeValue(forKey: page) {
        for free in list.free { loose[free] = nil }
        page = list.next
      }
    }
    commit.isUnderstood = loose.isEmpty
    return commit
  }
}
