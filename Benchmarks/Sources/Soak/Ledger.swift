import Foundation
import Synchronization

/// What one commit did to the rows.
struct Commit: Sendable {
  struct Change: Sendable {
    var row: Truth.ID
    /// What the row is now; nil where it is gone.
    var now: Truth.Row?
  }

  var number: Int
  var changes: [Change] = []
}

/// What the writer did, for those who check answers while it goes on.
///
/// Kept are the last commits and the rows before them, so that it takes no more room in an hour than in a minute.
final class Ledger: Sendable {
  private static let kept = 2_048

  private struct State {
    /// The rows before the first of `commits`.
    var base: Truth
    var commits: [Commit] = []
    /// How many commits were begun, and how many of them have ended.
    var begun = 0
    var ended = 0
    var isOver = false
  }

  private let state: Mutex<State>

  init(_ truth: Truth) { state = Mutex(State(base: truth)) }

  var isOver: Bool { state.withLock(\.isOver) }
  func end() { state.withLock { $0.isOver = true } }

  /// The rows as they are now, but for a commit that is under way.
  func rows() -> Truth {
    var (rows, commits) = state.withLock { ($0.base, $0.commits) }
    for commit in commits { rows.apply(commit) }
    return rows
  }

  /// Says that a commit may happen from now on.
  func begin() { state.withLock { $0.begun += 1 } }

  /// Says what the commit made of the rows.
  func publish(_ commit: Commit) {
    state.withLock { state in
      state.commits.append(commit)
      if state.commits.count >= 2 * Self.kept {
        for old in state.commits.prefix(Self.kept) { state.base.apply(old) }
        state.commits.removeFirst(Self.kept)
      }
      state.ended += 1
    }
  }

  /// The commits behind number `number`, without one that is under way; nil where they are kept no more.
  func commits(after number: Int) -> [Commit]? {
    state.withLock { Self.commits(after: number, $0) }
  }

  /// The commits behind number `number` to this moment. Waits for one under way, which may be in an answer already.
  func settledCommits(after number: Int) -> [Commit]? {
    let begun = state.withLock(\.begun)
    while true {
      let (commits, ended) = state.withLock { (Self.commits(after: number, $0), $0.ended) }
      if ended >= begun { return commits }
      usleep(100)
    }
  }

  private static func commits(after number: Int, _ state: State) -> [Commit]? {
    guard number >= state.base.version else { return nil }
    return Array(state.commits.drop { $0.number <= number })
  }
}
