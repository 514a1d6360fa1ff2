import Networks

extension SplitMix64 {
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
