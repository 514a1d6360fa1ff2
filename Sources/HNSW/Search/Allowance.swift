/// Which nodes may be in an answer.
protocol Allowance {
  func allows(_ slot: Slot) -> Bool
}

/// Every node of the index.
struct EveryNode: Allowance {
  let memory: NodeMemory

  @inline(__always)
  func allows(_ slot: Slot) -> Bool { memory.isLive(slot) }
}

/// The nodes of the index whose ids a predicate lets through.
struct PredicateAllowance: Allowance {
  let memory: NodeMemory
  let isAllowed: (Int64) -> Bool

  @inline(__always)
  func allows(_ slot: Slot) -> Bool { memory.isLive(slot) && isAllowed(memory.id(slot).pointee) }
}

/// The nodes of the index whose ids are in a set. The caller keeps the set alive.
struct SetAllowance: Allowance {
  let memory: NodeMemory
  let view: IDSet.View

  @inline(__always)
  func allows(_ slot: Slot) -> Bool { memory.isLive(slot) && view.contains(memory.id(slot).pointee) }
}

/// Every node but one, for measuring with the vectors of the index themselves.
struct AllBut: Allowance {
  let memory: NodeMemory
  let excluded: Slot

  @inline(__always)
  func allows(_ slot: Slot) -> Bool { slot != excluded && memory.isLive(slot) }
}

/// Every node that leads somewhere, of the index or a ghost.
struct AnyNode: Allowance {
  @inline(__always)
  func allows(_ slot: Slot) -> Bool { true }
}
