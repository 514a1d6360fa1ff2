/// A node and its key from the query in one number that sorts by key, then by slot.
///
/// The upper half holds the key's bits, made to sort as an unsigned number; below are the slot (31 bits) and one bit
/// for ``CandidatePool`` to mark what it has expanded.
struct Candidate: Comparable {
  var bits: UInt64

  @inline(__always)
  init(bits: UInt64) { self.bits = bits }

  @inline(__always)
  init(key: Float, slot: Slot) {
    let pattern = key.bitPattern
    // Negative floats sort backwards by their bits, and below all others once the sign is flipped.
    let flip = UInt32(bitPattern: Int32(bitPattern: pattern) >> 31) | 0x8000_0000
    bits = UInt64(pattern ^ flip) << 32 | UInt64(slot) << 1
  }

  @inline(__always)
  var slot: Slot { UInt32(truncatingIfNeeded: bits) >> 1 }

  @inline(__always)
  var key: Float {
    let sortable = UInt32(truncatingIfNeeded: bits >> 32)
    let flip = sortable & 0x8000_0000 != 0 ? 0x8000_0000 : UInt32.max
    return Float(bitPattern: sortable ^ flip)
  }

  @inline(__always)
  static func < (a: Candidate, b: Candidate) -> Bool { a.bits < b.bits }
}
