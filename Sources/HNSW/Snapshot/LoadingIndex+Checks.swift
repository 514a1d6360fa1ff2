import Synchronization

/// What a checksum does not say of a snapshot.
extension LoadingIndex {
  static func check(
    _ header: SnapshotHeader, live: [UInt8], heights: [UInt8], retired: [Slot]
  ) throws(SnapshotRefusal) {
    var (count, levels, highest) = (0, 0, 0)
    for slot in 0..<header.slots {
      guard live[slot] <= 1, heights[slot] <= NodeMemory.highestLevel else { throw .damaged("a node has no level") }
      count += Int(live[slot])
      levels += Int(heights[slot])
      if live[slot] == 1 { highest = max(highest, Int(heights[slot])) }
    }
    guard count == header.live, levels == header.levels else { throw .damaged("its nodes are not as many as it says") }
    guard live[header.entrySlot] == 1, Int(heights[header.entrySlot]) == header.entryLevel, header.entryLevel == highest
    else { throw .damaged("its entry point is not on the highest level") }
    var free = live
    for slot in retired {
      guard slot < header.slots, free[Int(slot)] == 0 else { throw .damaged("a free slot is there twice") }
      free[Int(slot)] = 1
    }
  }

  static func check(_ header: SnapshotHeader, ordinals: [UInt32], freeOrdinals: [UInt32]) throws(SnapshotRefusal) {
    var isTaken = [Bool](repeating: false, count: header.ordinalEnd)
    for list in [ordinals, freeOrdinals] {
      for ordinal in list {
        guard ordinal < header.ordinalEnd, !isTaken[Int(ordinal)] else { throw .damaged("an ordinal is there twice") }
        isTaken[Int(ordinal)] = true
      }
    }
  }

  /// Numbers that no code has would be no danger to a search, but to the writer.
  static func check(_ block: UnsafeMutablePointer<BlockHeader>, isWhole: Bool) throws(SnapshotRefusal) {
    let isSound =
      block.pointee.nodeScale >= 0 && block.pointee.nodeScale.isFinite && block.pointee.norm.isFinite
      && block.pointee.residual >= 0 && block.pointee.residual.isFinite
    guard isSound else { throw .damaged("a code has no length") }
    guard isWhole else { return }
    let areEdges =
      block.pointee.outside >= 0 && block.pointee.outside.isFinite && block.pointee.constantScale >= 0
      && block.pointee.constantScale.isFinite && block.pointee.stepScale >= 0 && block.pointee.stepScale.isFinite
    guard areEdges else { throw .damaged("a code of an edge has no length") }
    block.pointee.version = 0
  }

  /// Reads links and blocks of the levels above 0. Ways from block to block are made anew, not read: they follow from
  /// the links.
  func readUpperLevels() throws {
    let links = try snapshot.section(.upperLinks, of: UInt32.self)
    let blocks = try snapshot.section(.upperBlocks, of: UInt8.self)
    let (M, slots, upper) = (memory.M, snapshot.header.slots, codes.memory.upper)
    try blocks.withUnsafeBytes { blocks in
      guard let start = blocks.baseAddress else { return }
      for ordinal in 0..<snapshot.header.ordinalEnd {
        let block = codes.memory.upperBlock(UInt32(ordinal))
        block.copyMemory(from: start + ordinal * upper.stride, byteCount: upper.stride)
        try Self.check(block.assumingMemoryBound(to: BlockHeader.self), isWhole: codes.memory.hasEdges)
      }
    }
    var at = 0
    for slot in 0..<UInt32(slots) {
      let height = Int(memory.height(slot).pointee)
      guard height > 0 else { continue }
      for level in 1...height {
        defer { at += M }
        guard memory.isLive(slot) else { continue }
        let block = codes.memory.upperBlock(memory.ordinal(slot, level: level).pointee)
        upper.slot(block).pointee = slot
        upper.below(block).pointee = level == 1 ? slot : memory.ordinal(slot, level: level - 1).pointee
        let row = memory.upperRow(slot, level: level)
        var isEnd = false
        // Without edges a block of an upper level is not read, and holds no ways.
        let ways = upper.groups * 16
        for i in 0..<max(ways, M) {
          let link = i < M ? links[at + i] : NodeMemory.none
          if link == NodeMemory.none {
            isEnd = true
            if i < ways { upper.links(block)[i] = NodeMemory.none }
            continue
          }
          guard !isEnd, link < slots, link != slot, memory.isLive(link), Int(memory.height(link).pointee) >= level
          else {
            throw SnapshotRefusal.damaged("a link of an upper level leads nowhere")
          }
          row[i].store(link, ordering: .relaxed)
          if i < ways { upper.links(block)[i] = memory.ordinal(link, level: level).pointee }
        }
      }
    }
  }
}
