extension GraphWriter {
  /// The neighbours of a node on a level.
  func neighbours(_ slot: Slot, _ level: Int) -> [Slot] {
    var result: [Slot] = []
    let row = memory.row(slot, level: level)
    for i in 0..<memory.capacity(level: level) {
      let neighbour = row[i].load(ordering: .relaxed)
      if neighbour == NodeMemory.none { break }
      result.append(neighbour)
    }
    return result
  }

  func neighbourCount(_ slot: Slot, _ level: Int) -> Int {
    let row = memory.row(slot, level: level)
    let capacity = memory.capacity(level: level)
    var count = 0
    while count < capacity, row[count].load(ordering: .relaxed) != NodeMemory.none { count += 1 }
    return count
  }

  func hasRoom(_ slot: Slot, _ level: Int) -> Bool {
    let last = memory.capacity(level: level) - 1
    return memory.row(slot, level: level)[last].load(ordering: .relaxed) == NodeMemory.none
  }

  func isLinked(from slot: Slot, to target: Slot, _ level: Int) -> Bool {
    let row = memory.row(slot, level: level)
    for i in 0..<memory.capacity(level: level) where row[i].load(ordering: .relaxed) == target { return true }
    return false
  }

  /// Everyone who links to a node on a level.
  func inNeighbours(_ slot: Slot, _ level: Int) -> [Slot] {
    var result = neighbours(slot, level).filter { isLinked(from: $0, to: slot, level) }
    let inbound = memory.inbound(slot, level: level).pointee
    for i in 0..<Int(inbound.count) { result.append(inbound[i]) }
    return result
  }

  func inDegree(_ slot: Slot, _ level: Int) -> Int {
    Int(memory.inbound(slot, level: level).pointee.degree)
  }

  /// Adds a neighbour to a row that has room.
  func append(_ target: Slot, to slot: Slot, _ level: Int) {
    memory.row(slot, level: level)[neighbourCount(slot, level)].store(target, ordering: .releasing)
    noteLink(from: slot, to: target, level)
  }

  /// Gives a node these neighbours instead of those it has.
  func setNeighbours(_ new: [Slot], of slot: Slot, _ level: Int) {
    let old = neighbours(slot, level)
    let row = memory.row(slot, level: level)
    for (i, neighbour) in new.enumerated() { row[i].store(neighbour, ordering: .releasing) }
    // Up to the end, so that nothing stale is behind the last neighbour when the row grows again.
    for i in new.count..<max(new.count, old.count) { row[i].store(NodeMemory.none, ordering: .releasing) }
    for dropped in old where !new.contains(dropped) { noteUnlink(from: slot, to: dropped, level) }
    for added in new where !old.contains(added) { noteLink(from: slot, to: added, level) }
  }

  /// Keeps ``InboundList`` true after a link was stored.
  private func noteLink(from slot: Slot, to target: Slot, _ level: Int) {
    let inbound = memory.inbound(target, level: level)
    inbound.pointee.degree += 1
    if isLinked(from: target, to: slot, level) {
      memory.inbound(slot, level: level).pointee.remove(target, bytes: &graph.storage.outsideBytes)
    } else {
      inbound.pointee.append(slot, bytes: &graph.storage.outsideBytes)
    }
  }

  /// Keeps ``InboundList`` true after a link was taken out.
  func noteUnlink(from slot: Slot, to target: Slot, _ level: Int) {
    let inbound = memory.inbound(target, level: level)
    inbound.pointee.degree -= 1
    if isLinked(from: target, to: slot, level) {
      memory.inbound(slot, level: level).pointee.append(target, bytes: &graph.storage.outsideBytes)
    } else {
      inbound.pointee.remove(slot, bytes: &graph.storage.outsideBytes)
    }
  }
}
