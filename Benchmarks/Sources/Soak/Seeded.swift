/// SplitMix64: the same numbers everywhere.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A vector like those of real people: near their own centre, one of a thousand.
  mutating func vector(_ dimension: Int) -> [Float] {
    var centre = Seeded(UInt64.random(in: 0..<1_000, using: &self))
    return (0..<dimension).map { _ in
      Float.random(in: -1...1, using: &centre) + 0.3 * Float.random(in: -1...1, using: &self)
    }
  }
}
