/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers for a seed on every platform and toolchain.
struct EvaluationRandom: Sendable {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0 ..< `bound`, up to a bias of bound/2⁶⁴.
  mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The first `count` of a random permutation of `elements`.
  mutating func draw(_ count: Int, of elements: [Int]) -> [Int] {
    var pool = elements
    for index in 0..<count {
      pool.swapAt(index, index + below(pool.count - index))
    }
    return Array(pool.prefix(count))
  }
}
