extension HNSWIndex {
  /// What ``checkInvariants()`` found broken.
  public struct BrokenInvariant: Error, CustomStringConvertible {
    /// The invariant and where it does not hold.
    public var description: String
  }

  /// Checks everything that must hold between operations. Slow; for tests. Writers wait meanwhile.
  ///
  /// - Each id leads to one live node that carries it, and each live node is led to.
  /// - Slots are live, ghosts (removed nodes that rows still lead through), or waiting to be used again, and only one of these.
  /// - Without codes there is no entry point and nothing is linked. With them, the entry point is a node of the highest level.
  /// - A row holds distinct nodes of its level, not its own, with nothing behind the last; its codes are those of its nodes.
  /// - How often a node is in rows of level 0 is counted exactly.
  /// - With two nodes or more, each has a neighbour on level 0, and someone who leads to it.
  ///
  /// - Throws: ``BrokenInvariant``, naming the first one found.
  public func checkInvariants() throws {
    try writer.withLock { writer in
      let (live, ghosts) = try checkSlots(writer)
      guard let codes = writer.codes else {
        try require(graph.entry == nil, "there is an entry point, but no codes")
        return
      }
      let nodes = live + ghosts
      try checkEntry(live, ghosts)
      var degree: [Slot: Int] = [:]
      for level in 0...NodeMemory.highestLevel {
        let members = nodes.filter { Int(graph.memory.height($0).pointee) >= level }
        if members.isEmpty { break }
        try checkLevel(level, members, writer, codes)
        if level == 0 {
          for slot in members { for neighbour in writer.neighbours(slot, 0) { degree[neighbour, default: 0] += 1 } }
        }
      }
      for slot in live {
        let counted = Int(graph.memory.degree(slot).pointee.load(ordering: .relaxed))
        try require(counted == degree[slot, default: 0], "slot \(slot) counts its in-links wrong")
        try require(nodes.count == 1 || counted > 0, "nobody leads to slot \(slot)")
        try require(nodes.count == 1 || !writer.neighbours(slot, 0).isEmpty, "slot \(slot) has no neighbour")
      }
    }
  }

  /// Breaks an invariant, for tests of those who check them: counts one row too many that holds this node.
  package func miscountLinks(to id: Int64) {
    writer.withLock { _ in
      guard let slot = table.withLock({ $0[id] }) else { return }
      graph.memory.degree(slot).pointee.wrappingAdd(1, ordering: .relaxed)
    }
  }

  private func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    if !condition { throw BrokenInvariant(description: description()) }
  }

  private func checkSlots(_ writer: GraphWriter) throws -> (live: [Slot], ghosts: [Slot]) {
    let memory = graph.memory
    let end = UInt32(graph.slotEnd.load(ordering: .acquiring))
    let live = (0..<end).filter { memory.isLive($0) }
    try require(live.count == count, "\(live.count) live nodes, but the count is \(count)")
    let known = table.withLock { table in (table.count, live.allSatisfy { table[memory.id($0).pointee] == $0 }) }
    try require(known.0 == live.count, "\(live.count) live nodes, but \(known.0) ids")
    try require(known.1, "a live node is not the one its id leads to")
    let gone = graph.reclamation.waiting + writer.ghosts
    try require(Set(gone).count == gone.count, "a removed node is in two places")
    try require(gone.allSatisfy { !memory.isLive($0) }, "a live node counts as removed")
    try require(live.count + gone.count == end, "\(Int(end) - live.count - gone.count) slots are lost")
    for slot in live {
      let row = memory.vector(slot)
      try require((0..<memory.stride).allSatisfy { row[$0].isFinite }, "slot \(slot) holds a value that is not finite")
      try require((dimension..<memory.stride).allSatisfy { row[$0] == 0 }, "slot \(slot) is not zero behind its end")
    }
    return (live, writer.ghosts)
  }

  private func checkEntry(_ live: [Slot], _ ghosts: [Slot]) throws {
    guard let entry = graph.entry else {
      return try require(live.isEmpty, "there are nodes, but no entry point")
    }
    try require((live + ghosts).contains(entry.slot), "the entry point is no node")
    try require(Int(graph.memory.height(entry.slot).pointee) == entry.level, "the entry point's level is wrong")
    let highest = live.map { Int(graph.memory.height($0).pointee) }.max() ?? 0
    try require(entry.level >= highest, "the entry point is not on the highest level")
  }

  private func checkLevel(_ level: Int, _ nodes: [Slot], _ writer: GraphWriter, _ codes: Codes) throws {
    let memory = graph.memory
    let members = Set(nodes)
    for slot in nodes {
      let row = writer.neighbours(slot, level)
      let at = "on level \(level), slot \(slot)"
      try require(Set(row).count == row.count, "\(at) has a neighbour twice")
      try require(!row.contains(slot), "\(at) is its own neighbour")
      try require(row.allSatisfy(members.contains), "\(at) has a neighbour that is no node of the level")
      let entries = memory.row(slot, level: level)
      for i in row.count..<memory.capacity(level: level) {
        try require(entries[i].load(ordering: .relaxed) == NodeMemory.none, "\(at) has something behind its last")
      }
      try require(codes.describes(slot, level, row), "\(at) has codes of other neighbours")
    }
  }
}
