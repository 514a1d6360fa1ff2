/// The nodes that link to a node on one level and are not linked back, and how many link to it in all.
///
/// Pruning makes links one-way: a node drops a neighbour that keeps it. Removing a node must find everyone who
/// links to it; those linked back are in its own row, the others are here. Kept by the writer, never read by a search.
struct InboundList {
  private var slots: UnsafeMutablePointer<Slot>?
  private(set) var count: UInt32 = 0
  /// All nodes that link here, linked back or not.
  var degree: UInt32 = 0

  /// Memory comes in powers of two, so that the count says how much there is.
  private static func capacity(count: Int) -> Int {
    count == 0 ? 0 : max(4, 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount))
  }

  subscript(index: Int) -> Slot { slots.unsafelyUnwrapped[index] }

  mutating func append(_ slot: Slot, bytes: inout Int) {
    resize(to: Int(count) + 1, bytes: &bytes)
    slots.unsafelyUnwrapped[Int(count)] = slot
    count += 1
  }

  /// Removes a slot that is in the list; the others may change places.
  mutating func remove(_ slot: Slot, bytes: inout Int) {
    guard let slots else { return }
    // From the back: what was added last is most often what goes first.
    var at = Int(count) - 1
    while at >= 0, slots[at] != slot { at -= 1 }
    guard at >= 0 else { return }
    slots[at] = slots[Int(count) - 1]
    resize(to: Int(count) - 1, bytes: &bytes)
    count -= 1
  }

  mutating func removeAll(bytes: inout Int) {
    resize(to: 0, bytes: &bytes)
    count = 0
    degree = 0
  }

  private mutating func resize(to newCount: Int, bytes: inout Int) {
    let old = Self.capacity(count: Int(count))
    let new = Self.capacity(count: newCount)
    guard old != new else { return }
    var moved: UnsafeMutablePointer<Slot>?
    if new > 0 {
      moved = .allocate(capacity: new)
      if let slots { moved?.update(from: slots, count: min(Int(count), newCount)) }
    }
    slots?.deallocate()
    slots = moved
    bytes += (new - old) * MemoryLayout<Slot>.stride
  }
}
