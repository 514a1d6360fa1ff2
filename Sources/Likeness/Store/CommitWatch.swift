import GRDB

/// Watches what others commit, as the log of changes may not say it: a connection with triggers switched off leaves no
/// trace there, or one of some of its changes.
///
/// Each commit is looked at by itself, in the write-ahead log, so that one with a trace does not hide one without. A
/// commit may leave a trace of some changes and none of others; therefore the pages that it wrote are noted, for their
/// rows to be compared.
///
/// Where the log began anew since the last look and commits are in it no more, or there is none, they count where they
/// may have changed something.
struct CommitWatch: Sendable {
  /// Commits of others, by what is known of them.
  private(set) var strangeCommits = StrangeCommits()
  /// Where those that left a trace have written, since this was asked last.
  private var written = WrittenRows(since: 0)
  /// Changes when anybody else has committed, never for commits of the connection itself.
  private var dataVersion: Int64?
  /// The number of the last change in the log of changes.
  private var sequence: Int64 = 0
  /// Up to where the log was looked at.
  private(set) var position: WriteAheadLog.Position?
  /// Whether the first commit behind `position` is one of the connection itself.
  private var ownFollows = false

  /// Looks at what others have committed. `db` is in a transaction, in which nothing was read yet or nobody else can
  /// commit.
  mutating func look(_ db: Database) throws {
    // Before the snapshot is taken: where that shows nothing new, nothing new was there by then.
    let before = WriteAheadLog(db)?.end()
    let version = try db.integer("PRAGMA data_version")
    if let dataVersion, dataVersion != version {
      try count(db)
    } else {
      position = before
      sequence = try Self.sequence(db)
    }
    dataVersion = version
    ownFollows = false
  }

  /// Notes what the connection itself is about to commit.
  mutating func prepareOwn(_ db: Database) throws { sequence = try Self.sequence(db) }

  /// Notes that it has, if there was anything to commit. The last look was in the same transaction.
  mutating func noteOwn(_ db: Database) {
    guard let position, let end = WriteAheadLog(db)?.end() else { return }
    ownFollows = end.commits != position.commits
  }

  /// Where others have written since this was asked last, of the commits that left a trace and were seen.
  mutating func takeWritten() -> WrittenRows {
    defer { written = WrittenRows(since: strangeCommits.seen) }
    return written
  }

  /// Goes through the commits since the last look.
  private mutating func count(_ db: Database) throws {
    let current = try Self.sequence(db)
    guard let log = WriteAheadLog(db) else {
      if current == sequence { strangeCommits.untraced += 1 } else { strangeCommits.unseen += 1 }
      sequence = current
      return
    }
    let end = log.end()
    guard let start = position, let end,
      let visible = log.commits(after: start, to: end, roots: try WriteAheadLog.Roots(in: db))
    else {
      strangeCommits.untraced += 1
      (position, sequence) = (nil, current)
      return
    }
    var others = visible[...]
    var lost = Int64(end.commits) - Int64(start.commits) - Int64(visible.count)
    if ownFollows {
      if lost > 0 { lost -= 1 } else { others = others.dropFirst() }
    }
    if lost == 1, current > sequence, others.allSatisfy({ $0.sequence == nil }) {
      // One commit is in the log no more, and all that the log of changes has gained is its.
      strangeCommits.unseen += 1
      sequence = current
    } else if lost != 0 {
      strangeCommits.untraced += 1
    }
    for commit in others {
      let next = commit.sequence ?? sequence
      if next < sequence || next == sequence && commit.mayHoldEmbeddings {
        strangeCommits.untraced += 1
      } else {
        note(commit)
      }
      sequence = next
    }
    position = end
  }

  private mutating func note(_ commit: WriteAheadLog.Commit) {
    if !commit.isUnderstood { strangeCommits.unseen += 1 }
    if commit.ids.isEmpty { return }
    strangeCommits.seen += 1
    if !written.note(commit.ids) {
      // All rows are compared instead.
      strangeCommits.untraced += 1
      written = WrittenRows(since: strangeCommits.seen)
    }
  }

  private static func sequence(_ db: Database) throws -> Int64 {
    try db.integer("SELECT seq FROM sqlite_sequence WHERE name = 'change'")
  }
}
