import HNSW

/// Allows a share of all rows by a rule that every peer can follow: row i is allowed if SplitMix64 of i XOR seed, its
/// upper 53 bits as a fraction of 1, is below the share (Steele, Lea & Flood, 2014).
struct RandomFilter {
  var share: Double
  var seed: UInt64

  func allows(_ row: Int) -> Bool {
    var z = (UInt64(row) ^ seed) &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Double(z >> 11) * 0x1p-53 < share
  }

  /// The allowed of so many rows.
  func allowed(of rows: Int) -> IDSet {
    IDSet((0..<rows).lazy.filter(allows).map(Int64.init))
  }
}
