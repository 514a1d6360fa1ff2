import Dispatch
import Foundation
import Synchronization

/// A fixed number of threads sharing out numbered chunks of work.
///
/// Chunks are handed out in order to whichever worker is free. A result that must not depend on the number of workers
/// is therefore computed a chunk at a time, with chunk boundaries that depend on the work alone (see ``range(of:in:items:)``),
/// and combined in the chunks' order afterwards.
///
/// The threads are Dispatch's, kept between calls and shared by the process; the caller's is one of them.
public struct Workers: Sendable {
  /// How many chunks are worked on at a time.
  public let count: Int

  /// The number of cores this process may use.
  public static var cores: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// `count` workers, at least one.
  public init(_ count: Int = Workers.cores) {
    self.count = max(1, count)
  }

  /// Calls `body(chunk, worker)` once for every chunk in 0..<`chunks` and returns when all are done.
  ///
  /// `worker` is below ``count`` and no two calls running at a time have the same, so it can choose scratch memory.
  public func forEach(_ chunks: Int, _ body: (_ chunk: Int, _ worker: Int) -> Void) {
    if count == 1 || chunks <= 1 {
      for chunk in 0..<max(0, chunks) { body(chunk, 0) }
      return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { escaping in
      // The calls run on several threads, but all of them end before this one returns.
      nonisolated(unsafe) let body = escaping
      DispatchQueue.concurrentPerform(iterations: min(count, chunks)) { worker in
        while true {
          let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if chunk >= chunks { return }
          body(chunk, worker)
        }
      }
    }
  }

  /// The items that belong to slice `slice` when `items` items are cut into `slices` nearly equal slices.
  public static func range(of slice: Int, in slices: Int, items: Int) -> Range<Int> {
    (slice * items / slices)..<((slice + 1) * items / slices)
  }
}
