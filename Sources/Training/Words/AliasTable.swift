/// Draws from a discrete distribution in constant time (Vose 1991): take i with `chance[i]` / 2³², else `other[i]`.
struct AliasTable: Sendable {
  let chance: [UInt32]
  let other: [Int32]

  /// - Parameter weights: one a value, not negative, with a sum above 0.
  init(_ weights: [Double]) {
    let mean = weights.reduce(0, +) / Double(weights.count)
    var shares = weights.map { $0 / mean }
    var chance = [UInt32](repeating: .max, count: weights.count)
    var other = weights.indices.map { Int32($0) }
    var (small, large) = (shares.indices.filter { shares[$0] < 1 }, shares.indices.filter { shares[$0] >= 1 })
    while let low = small.popLast(), let high = large.last {
      chance[low] = UInt32(shares[low] * 4_294_967_295)
      other[low] = Int32(high)
      shares[high] -= 1 - shares[low]
      if shares[high] < 1 {
        large.removeLast()
        small.append(high)
      }
    }
    self.chance = chance
    self.other = other
  }
}
