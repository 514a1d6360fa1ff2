import Foundation
import Synchronization

/// What the writer did, for those who check answers while it goes on.
final class Ledger: Sendable {
  private struct State {
    var recent: [Truth]
    var isCommitting = false
    var isOver = false
  }

  private let state: Mutex<State>

  init(_ truth: Truth) { state = Mutex(State(recent: [truth])) }

  var isOver: Bool { state.withLock(\.isOver) }
  func end() { state.withLock { $0.isOver = true } }

  /// The version that an answer asked for now is not older than.
  var version: Int { state.withLock { $0.recent.last?.version ?? 0 } }

  /// Says that a commit may happen from now on.
  func begin() { state.withLock { $0.isCommitting = true } }

  /// Says what the commit made of the rows.
  func publish(_ truth: Truth) {
    state.withLock { state in
      state.recent.append(truth)
      if state.recent.count > 8 { state.recent.removeFirst() }
      state.isCommitting = false
    }
  }

  /// What the rows were at any moment from `version` to now; nil where that is too long ago to be known. Waits for a
  /// commit under way, which may be in an answer already.
  func truths(since version: Int) -> [Truth]? {
    while true {
      let (recent, isCommitting) = state.withLock { ($0.recent, $0.isCommitting) }
      if !isCommitting {
        guard let first = recent.first, first.version <= version else { return nil }
        return recent.filter { $0.version >= version }
      }
      usleep(100)
    }
  }
}
