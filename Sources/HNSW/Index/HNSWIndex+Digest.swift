extension HNSWIndex {
  /// Two numbers that say whether two indexes are the same, byte for byte: of the links, and of the codes.
  package struct Digest: Sendable, Hashable {
    /// Of the ids, the levels and the neighbours of all nodes, slot for slot.
    package var links: UInt64
    /// Of all that searches by codes read of these nodes but the versions, which count changes; 0 while there are no codes.
    package var codes: UInt64
  }

  /// The digest of the index as it is now, ghosts included. Writers wait meanwhile.
  package func digest() -> Digest {
    writer.withLock { writer in
      let memory = graph.memory
      let slots = writer.liveSlots + writer.ghosts
      var links = Hash64()
      if let entry = graph.entry {
        links.add(UInt64(entry.slot))
        links.add(UInt64(entry.level))
      }
      for slot in slots {
        links.add(UInt64(slot))
        links.add(UInt64(bitPattern: memory.id(slot).pointee))
        for level in 0...Int(memory.height(slot).pointee) {
          links.add(UInt64(level))
          for neighbour in writer.neighbours(slot, level) { links.add(UInt64(neighbour)) }
        }
      }
      guard let codes = writer.codes?.memory else { return Digest(links: links.value, codes: 0) }
      var bytes = Hash64()
      for number in [codes.outsideWeight, codes.residualWeight, codes.residualSpread] {
        bytes.add(UInt64(number.bitPattern))
      }
      func add(_ block: UnsafeRawPointer, count: Int, hasVersion: Bool) {
        let version = BlockHeader.versionOffset
        guard hasVersion else { return bytes.add(UnsafeRawBufferPointer(start: block, count: count)) }
        bytes.add(UnsafeRawBufferPointer(start: block, count: version))
        bytes.add(UnsafeRawBufferPointer(start: block + version + 4, count: count - version - 4))
      }
      for slot in slots {
        add(codes.block(slot), count: codes.ground.stride, hasVersion: codes.hasEdges)
        guard memory.height(slot).pointee > 0 else { continue }
        for level in 1...Int(memory.height(slot).pointee) {
          let block = codes.upperBlock(memory.ordinal(slot, level: level).pointee)
          add(block, count: codes.upper.stride, hasVersion: codes.hasEdges)
        }
      }
      return Digest(links: links.value, codes: bytes.value)
    }
  }
}

/// FNV-1a (Fowler, Noll & Vo) over words of 8 bytes.
private struct Hash64 {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0x100_0000_01B3
    // The product moves bits only up.
    value ^= value >> 29
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var at = 0
    while at + 8 <= bytes.count {
      add(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      at += 8
    }
    while at < bytes.count {
      add(UInt64(bytes[at]))
      at += 1
    }
  }
}
