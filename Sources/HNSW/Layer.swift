/// The rows of one level, for loops that should not ask which level it is at every node.
protocol Layer {
  var capacity: Int { get }
  func row(_ slot: Slot) -> LinkRow
}

/// Level 0, where every node is.
struct GroundLayer: Layer {
  let memory: NodeMemory

  @inline(__always)
  var capacity: Int { 2 &* memory.M }

  @inline(__always)
  func row(_ slot: Slot) -> LinkRow { memory.groundRow(slot) }
}

/// A level above, of few nodes and long links.
struct UpperLayer: Layer {
  let memory: NodeMemory
  let level: Int

  @inline(__always)
  var capacity: Int { memory.M }

  @inline(__always)
  func row(_ slot: Slot) -> LinkRow { memory.upperRow(slot, level: level) }
}
