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

  /// What the body gives for every number below `count`, in their order.
  static func map<Result>(
    _ count: Int, threads: Int, grain: Int = 16, _ body: @Sendable (_ index: Int) -> Result
  ) -> [Result] {
    map(count, threads: threads, grain: grain) { index, _ in body(index) }
  }

  /// The same, where the body also gets the number of the thread, below `threads`.
  static func map<Result>(
    _ count: Int, threads: Int, grain: Int = 16, _ body: @Sendable (_ index: Int, _ thread: Int) -> Result
  ) -> [Result] {
    Array(unsafeUninitializedCapacity: count) { results, initialized in
      let places = Places(first: results.baseAddress)
      forEach(count, threads: threads, grain: grain) { index, thread in
        places.first.map { ($0 + index).initialize(to: body(index, thread)) }
      }
      initialized = count
    }
  }

  /// `@unchecked Sendable`: each place is written by one thread, and read when all are done.
  private struct Places<Result>: @unchecked Sendable {
    let first: UnsafeMutablePointer<Result>?
  }
}

/// Slots noted by several threads at once.
///
/// `@unchecked Sendable`: every thread has a list of its own.
final class NotedSlots: @unchecked Sendable {
  private let lists: UnsafeMutableBufferPointer<[Slot]>

  init(threads: Int) {
    lists = .allocate(capacity: threads)
    lists.initialize(repeating: [])
  }

  deinit {
    lists.deinitialize()
    lists.deallocate()
  }

  func note(_ slot: Slot, _ thread: Int) { lists[thread].append(slot) }

  /// All of them and these, each once, in an order that does not depend on the threads.
  func sorted(with others: [Slot] = []) -> [Slot] {
    var all = others
    for list in lists { all.append(contentsOf: list) }
    all.sort()
    var unique: [Slot] = []
    for slot in all where slot != unique.last { unique.append(slot) }
    return unique
  }
}
