import Synchronization

/// When the slot of a removed node may be used again: after every search that could still stand on it has ended.
///
/// Epoch-based reclamation (Fraser, 2004). A search notes the epoch in which it began. The writer first takes a node out
/// of all rows, then opens a new epoch and notes it with the slot: a search of that epoch or a later one cannot reach
/// the node, so the slot is free once all earlier searches are over. Neither side waits for the other.
final class Reclamation: @unchecked Sendable {
  private let epoch = Atomic<UInt64>(1)
  private let scratches: ScratchPool
  /// Slots of removed nodes in the order of removal, from `head` on. The writer's.
  private var retired: [(slot: Slot, epoch: UInt64)] = []
  private var head = 0

  init(scratches: ScratchPool) {
    self.scratches = scratches
  }

  /// Runs a search, during which no slot that it can reach is used again.
  @inline(__always)
  func reading<Result>(_ body: (Scratch) throws -> Result) rethrows -> Result {
    let scratch = scratches.take()
    // Releasing: whoever sees this epoch also sees that the search before, with the same scratch, is over.
    scratch.epoch.store(epoch.load(ordering: .relaxed), ordering: .releasing)
    // With the writer's fence: either the writer sees this search, or this search sees what the writer has unlinked.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    defer {
      scratch.epoch.store(0, ordering: .releasing)
      scratches.give(back: scratch)
    }
    return try body(scratch)
  }

  /// Begins an epoch: what was replaced before is free once no search of an earlier one runs.
  func nextEpoch() -> UInt64 {
    epoch.add(1, ordering: .sequentiallyConsistent).newValue
  }

  /// The epoch in which the earliest search that still runs began; nil when none runs.
  func earliestEpoch() -> UInt64? {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    return scratches.earliestEpoch()
  }

  /// Takes the slot of a node that nothing links to any more.
  func retire(_ slot: Slot) {
    retired.append((slot, nextEpoch()))
  }

  /// A slot that no search can reach, if there is one.
  func reclaim() -> Slot? {
    guard head < retired.count else { return nil }
    if let earliest = earliestEpoch(), earliest < retired[head].epoch { return nil }
    let slot = retired[head].slot
    head += 1
    if head > 64, head * 2 > retired.count {
      retired.removeFirst(head)
      head = 0
    }
    return slot
  }

  /// Slots waiting to be used again.
  var waiting: [Slot] { retired[head...].map(\.slot) }
}
