extension HNSWIndex {
  /// What ``checkInvariants()`` found broken.
  public struct BrokenInvariant: Error, CustomStringConvertible {
    /// The invariant and where it does not hold.
    public var description: String
  }

  /// Checks everything that must hold between operations. Slow; for tests. Writers wait meanwhile.
  ///
  /// - Each id leads to one live node that carries it, and each live node is led to.
  /// - The entry point is a live node of the highest level, and there is one exactly when there are nodes.
  /// - A row holds distinct live nodes of its level, not its own, with nothing behind the last.
  /// - In-links are counted, and the one-way ones listed, exactly.
  /// - With two nodes or more on a level, every node there has a neighbour, and on level 0 someone who leads to it.
  /// - Slots are live or waiting to be used again, never both, never neither.
  ///
  /// - Throws: ``BrokenInvariant``, naming the first one found.
  public func checkInvariants() throws {
    try writer.withLock { writer in
      let live = try checkSlots()
      try checkEntry(live)
      for level in 0...NodeMemory.highestLevel {
        let nodes = live.filter { Int(graph.memory.height($0).pointee) >= level }
        if nodes.isEmpty { break }
        try checkLevel(level, nodes, writer)
      }
    }
  }

  private func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    if !condition { throw BrokenInvariant(description: description()) }
  }

  private func checkSlots() throws -> [Slot] {
    let memory = graph.memory
    let end = UInt32(graph.slotEnd.load(ordering: .acquiring))
    let live = (0..<end).filter { memory.isLive($0) }
    try require(live.count == count, "\(live.count) live nodes, but the count is \(count)")
    let known = table.withLock { table in (table.count, live.allSatisfy { table[memory.id($0).pointee] == $0 }) }
    try require(known.0 == live.count, "\(live.count) live nodes, but \(known.0) ids")
    try require(known.1, "a live node is not the one its id leads to")
    let waiting = graph.reclamation.waiting
    try require(Set(waiting).count == waiting.count, "a slot waits twice to be used again")
    try require(waiting.allSatisfy { !memory.isLive($0) }, "a live node waits to be used again")
    try require(live.count + waiting.count == end, "\(Int(end) - live.count - waiting.count) slots are lost")
    for slot in live {
      let row = memory.vector(slot)
      try require((0..<memory.stride).allSatisfy { row[$0].isFinite }, "slot \(slot) holds a value that is not finite")
      try require((dimension..<memory.stride).allSatisfy { row[$0] == 0 }, "slot \(slot) is not zero behind its end")
    }
    return live
  }

  private func checkEntry(_ live: [Slot]) throws {
    guard let entry = graph.entry else {
      return try require(live.isEmpty, "there are nodes, but no entry point")
    }
    let highest = live.map { Int(graph.memory.height($0).pointee) }.max()
    try require(graph.memory.isLive(entry.slot), "the entry point is not live")
    try require(Int(graph.memory.height(entry.slot).pointee) == entry.level, "the entry point's level is wrong")
    try require(entry.level == highest, "the entry point is not on the highest level")
  }

  private func checkLevel(_ level: Int, _ nodes: [Slot], _ writer: GraphWriter) throws {
    let memory = graph.memory
    let members = Set(nodes)
    var oneWay: [Slot: Set<Slot>] = [:]
    var degree: [Slot: Int] = [:]
    for slot in nodes {
      let row = writer.neighbours(slot, level)
      let at = "on level \(level), slot \(slot)"
      try require(Set(row).count == row.count, "\(at) has a neighbour twice")
      try require(!row.contains(slot), "\(at) is its own neighbour")
      try require(row.allSatisfy(members.contains), "\(at) has a neighbour that is not a live node of the level")
      let entries = memory.row(slot, level: level)
      for i in row.count..<memory.capacity(level: level) {
        try require(entries[i].load(ordering: .relaxed) == NodeMemory.none, "\(at) has something behind its last")
      }
      try require(!row.isEmpty || nodes.count == 1, "\(at) has no neighbour")
      for neighbour in row {
        degree[neighbour, default: 0] += 1
        if !writer.isLinked(from: neighbour, to: slot, level) { oneWay[neighbour, default: []].insert(slot) }
      }
    }
    for slot in nodes {
      let inbound = memory.inbound(slot, level: level).pointee
      let listed = (0..<Int(inbound.count)).map { inbound[$0] }
      let at = "on level \(level), slot \(slot)"
      try require(Int(inbound.degree) == degree[slot, default: 0], "\(at) counts its in-links wrong")
      try require(Set(listed).count == listed.count, "\(at) lists a one-way link twice")
      try require(Set(listed) == oneWay[slot, default: []], "\(at) lists its one-way links wrong")
      try require(level > 0 || nodes.count == 1 || degree[slot, default: 0] > 0, "nobody leads to slot \(slot)")
    }
  }
}
