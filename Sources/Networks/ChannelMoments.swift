import CNetworks

/// Mean and sum of squared deviations per channel, merged in double precision (Chan, Golub & LeVeque, 1979): exact
/// enough where the mean is far from zero, which sums of squares are not.
struct ChannelMoments {
  let channels: Int
  var mean: UnsafeMutablePointer<Double>
  var deviation: UnsafeMutablePointer<Double>
  var rows = 0

  init(channels: Int, memory: UnsafeMutablePointer<Double>) {
    self.channels = channels
    mean = memory
    deviation = memory + channels
    memory.update(repeating: 0, count: 2 * channels)
  }

  /// Moments already in `memory`.
  init(channels: Int, merged memory: UnsafeMutablePointer<Double>, rows: Int) {
    self.channels = channels
    mean = memory
    deviation = memory + channels
    self.rows = rows
  }

  /// Takes in `rows` positions of `z[rows][channels]`; `scratch` has room for 2 `channels`.
  @inline(__always)
  mutating func add(_ z: UnsafePointer<Float>, rows count: Int, scratch: UnsafeMutablePointer<Float>) {
    guard count > 0 else { return }
    cn_moments(z, count, channels, scratch, scratch + channels)
    let channels = self.channels
    merge(count) { (Double(scratch[$0]), Double(scratch[channels + $0])) }
  }

  mutating func add(_ other: ChannelMoments) {
    guard other.rows > 0 else { return }
    merge(other.rows) { (other.mean[$0], other.deviation[$0]) }
  }

  @inline(__always)
  private mutating func merge(_ count: Int, _ other: (Int) -> (mean: Double, deviation: Double)) {
    let total = Double(rows + count)
    let share = Double(count) / total
    let cross = Double(rows) * share
    for channel in 0..<channels {
      let (otherMean, otherDeviation) = other(channel)
      let delta = otherMean - mean[channel]
      mean[channel] += delta * share
      deviation[channel] += otherDeviation + delta * delta * cross
    }
    rows += count
  }
}
