import Locks
import Synchronization

/// Scratch memory waiting for its next search, and the register of all there is.
///
/// Taking and giving back is one atomic exchange on the usual path: no lock that searches could queue at.
final class ScratchPool: @unchecked Sendable {
  private static let shelves = 64
  /// Unmanaged references; the register keeps the objects alive.
  private let waiting: UnsafeMutablePointer<Atomic<UnsafeMutableRawPointer?>>
  private let all = Locked<[Scratch]>([])
  private let memory: NodeMemory

  init(memory: NodeMemory) {
    self.memory = memory
    waiting = .allocate(capacity: Self.shelves)
    for i in 0..<Self.shelves { (waiting + i).initialize(to: Atomic(nil)) }
  }

  deinit {
    waiting.deinitialize(count: Self.shelves)
    waiting.deallocate()
  }

  func take() -> Scratch {
    for i in 0..<Self.shelves where waiting[i].load(ordering: .relaxed) != nil {
      if let found = waiting[i].exchange(nil, ordering: .acquiring) {
        return Unmanaged<Scratch>.fromOpaque(found).takeUnretainedValue()
      }
    }
    let made = Scratch(memory: memory)
    all.withLock { $0.append(made) }
    return made
  }

  func give(back scratch: Scratch) {
    let pointer = Unmanaged.passUnretained(scratch).toOpaque()
    for i in 0..<Self.shelves where waiting[i].load(ordering: .relaxed) == nil {
      if waiting[i].compareExchange(expected: nil, desired: pointer, ordering: .releasing).exchanged { return }
    }
    all.withLock { $0.removeAll { $0 === scratch } }
  }

  /// The earliest epoch in which a search that still runs began; nil when none runs.
  func earliestEpoch() -> UInt64? {
    all.withLock { all in
      var earliest: UInt64?
      for scratch in all {
        let epoch = scratch.epoch.load(ordering: .acquiring)
        if epoch != 0, epoch < earliest ?? .max { earliest = epoch }
      }
      return earliest
    }
  }

  var bytes: Int { all.withLock { $0.reduce(0) { $0 + $1.bytes } } }
}
