import Dispatch
import Synchronization

/// Runs the same work on many things with several threads.
enum Parallel {
  /// Calls the body for every number below `count`, each once, `grain` in a row on one thread.
  ///
  /// What the body does for one number must not depend on what it does for another: then the outcome is the same for any
  /// number of threads.
  ///
  /// - Parameter body: gets the number, and the number of the thread, below `threads`.
  static func forEach(
    _ count: Int, threads: Int, grain: Int = 16, _ body: @Sendable (_ index: Int, _ thread: Int) -> Void
  ) {
    let threads = min(threads, (count + grain - 1) / grain)
    guard threads > 1 else {
      for index in 0..<count { body(index, 0) }
      return
    }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      while true {
        let start = next.add(grain, ordering: .relaxed).oldValue
        guard start < count else { return }
        for index in start..<min(start + grain, count) { body(index, thread) }
      }
    }
  }
}
