/// The `ef` nearest nodes seen so far, in order, each marked once its neighbours have been looked at.
///
/// One sorted array stands for the two heaps of the paper: what is not yet expanded is the candidate heap C, all of it
/// is the result heap W, and a node too far for W falls off the end of both. For the ef of real searches, moving a
/// few hundred bytes costs less than the branches of a heap.
struct CandidatePool {
  /// Slots take 31 bits of a ``Candidate``.
  static let slotLimit: UInt32 = 1 << 31

  let base: UnsafeMutablePointer<UInt64>
  let capacity: Int
  private(set) var count = 0
  /// Everything before this place is expanded.
  private var cursor = 0

  /// The memory must hold `capacity + 1` numbers, and the capacity be one or more: a full pool looks at its last.
  @inline(__always)
  init(base: UnsafeMutablePointer<UInt64>, capacity: Int) {
    self.base = base
    self.capacity = capacity
  }

  /// The candidate at a place, nearest first, without its mark.
  @inline(__always)
  subscript(index: Int) -> Candidate { Candidate(bits: base[index] & ~1) }

  /// A candidate at or past this bound would not enter.
  @inline(__always)
  var bound: UInt64 { count < capacity ? .max : base[count &- 1] }

  @inline(__always)
  mutating func insert(_ candidate: Candidate) {
    guard candidate.bits < bound else { return }
    var low = 0
    var length = count
    // Branchless: which half to go on with is a coin toss that no predictor learns.
    while length > 0 {
      let half = length &>> 1
      let before = base[low &+ half] < candidate.bits
      low = before ? low &+ half &+ 1 : low
      length = before ? length &- half &- 1 : half
    }
    let moved = min(count, capacity &- 1) &- low
    (base + (low &+ 1)).update(from: base + low, count: moved)
    base[low] = candidate.bits
    count = min(count &+ 1, capacity)
    cursor = min(cursor, low)
  }

  /// The nearest node not yet expanded, marked as such; nil when all are.
  @inline(__always)
  mutating func next() -> Slot? {
    while cursor < count {
      let at = cursor
      cursor &+= 1
      let bits = base[at]
      if bits & 1 == 0 {
        base[at] = bits | 1
        return Candidate(bits: bits).slot
      }
    }
    return nil
  }

  /// The key of the node that ``next()`` gave last.
  @inline(__always)
  var expandedKey: Float { Candidate(bits: base[cursor &- 1]).key }

  /// The bound as a key.
  @inline(__always)
  var boundKey: Float { count < capacity ? .infinity : Candidate(bits: base[count &- 1]).key }

  /// Calls the body with the nodes that ``next()`` would give now and after that, at most `limit`, for prefetching.
  @inline(__always)
  func upcoming(_ limit: Int, _ body: (Slot) -> Void) {
    var left = limit
    var at = cursor
    while at < count, left > 0 {
      let bits = base[at]
      if bits & 1 == 0 {
        body(Candidate(bits: bits).slot)
        left &-= 1
      }
      at &+= 1
    }
  }
}
