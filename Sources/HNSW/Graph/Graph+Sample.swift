extension Graph {
  /// Nodes of the index to measure with: the same ones for the same index and seed. None of an upper level, where walks begin,
  /// and in no order of chance.
  ///
  /// - Returns: so many, or fewer where they are rare.
  func sampleOfGround(_ wanted: Int, seed: UInt64) -> [Slot] {
    let end = UInt32(slotEnd.load(ordering: .acquiring))
    var slots: Set<Slot> = []
    var state = seed
    for _ in 0..<20 * wanted where slots.count < wanted {
      state &+= 1
      let slot = UInt32(truncatingIfNeeded: mixed(state) % UInt64(max(end, 1)))
      if memory.isLive(slot), memory.height(slot).pointee == 0, slot != entry?.slot { slots.insert(slot) }
    }
    return slots.sorted()
  }
}
