import Networks

extension SeededRandom {
  /// A seed for something that takes seeds: it depends on this generator's seed and on the key alone.
  func number(_ key: UInt64) -> UInt64 {
    var random = split(key)
    return random.next()
  }
}
