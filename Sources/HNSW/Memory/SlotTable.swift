/// Where the node of an id is. Open addressing with linear probing; the ids themselves are with the nodes, so an
/// entry is four bytes.
struct SlotTable {
  private var entries: [Slot] = Array(repeating: NodeMemory.none, count: 16)
  private(set) var count = 0
  private let memory: NodeMemory

  init(memory: NodeMemory) {
    self.memory = memory
  }

  var bytes: Int { entries.count * MemoryLayout<Slot>.stride }

  subscript(id: Int64) -> Slot? {
    let slot = entries[place(of: id)]
    return slot == NodeMemory.none ? nil : slot
  }

  /// Says that the node of this id is at a slot, whose id is written already.
  mutating func set(_ id: Int64, to slot: Slot) {
    if (count + 1) * 8 > entries.count * 7 { grow() }
    let at = place(of: id)
    if entries[at] == NodeMemory.none { count += 1 }
    entries[at] = slot
  }

  /// Makes room for so many ids at once. The table must be empty.
  mutating func reserve(_ ids: Int) {
    var size = entries.count
    while (ids + 1) * 8 > size * 7 { size *= 2 }
    entries = Array(repeating: NodeMemory.none, count: size)
  }

  mutating func remove(_ id: Int64) {
    var gap = place(of: id)
    guard entries[gap] != NodeMemory.none else { return }
    count -= 1
    // Entries that were pushed past the gap move back into it: no tombstones.
    var at = gap
    while true {
      at = (at + 1) & (entries.count - 1)
      let slot = entries[at]
      if slot == NodeMemory.none { break }
      let home = home(of: memory.id(slot).pointee)
      if (at &- home) & (entries.count - 1) >= (at &- gap) & (entries.count - 1) {
        entries[gap] = slot
        gap = at
      }
    }
    entries[gap] = NodeMemory.none
  }

  /// All slots, in no order.
  var slots: [Slot] { entries.filter { $0 != NodeMemory.none } }

  /// The entry that holds the id, or the empty one where it would go.
  private func place(of id: Int64) -> Int {
    var at = home(of: id)
    while entries[at] != NodeMemory.none, memory.id(entries[at]).pointee != id {
      at = (at + 1) & (entries.count - 1)
    }
    return at
  }

  private func home(of id: Int64) -> Int {
    Int(truncatingIfNeeded: mixed(UInt64(bitPattern: id))) & (entries.count - 1)
  }

  private mutating func grow() {
    let old = slots
    entries = Array(repeating: NodeMemory.none, count: entries.count * 2)
    for slot in old { entries[place(of: memory.id(slot).pointee)] = slot }
  }
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood, 2014): every bit of the input moves every bit of the output.
@inline(__always)
func mixed(_ input: UInt64) -> UInt64 {
  var x = input &+ 0x9E37_79B9_7F4A_7C15
  x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
  x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
  return x ^ (x >> 31)
}
