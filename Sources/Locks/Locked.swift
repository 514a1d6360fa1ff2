#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// State behind a mutex.
///
/// A pthread mutex rather than `Synchronization.Mutex`, whose futex ThreadSanitizer does not see: it would report a
/// race for all that the lock protects.
///
/// `@unchecked Sendable`: the state is reached only while the mutex is held.
package final class Locked<State>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var state: State

  package init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs a body with the state, alone. Not to be called from within the body.
  package func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Runs a body with the state, alone; nil at once if somebody else has it.
  package func withLockIfFree<Result>(_ body: (inout State) throws -> Result) rethrows -> Result? {
    guard pthread_mutex_trylock(mutex) == 0 else { return nil }
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }
}

/// The state of a lock that only makes threads take turns.
///
/// Not `Void`: a state of no size lies where the mutex does, and ThreadSanitizer takes one for the other.
package struct Turn {
  private var taken: UInt8 = 0

  package init() {}
}
