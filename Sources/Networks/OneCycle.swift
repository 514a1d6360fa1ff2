import Foundation

/// The one-cycle learning rate (Smith & Topin, 2018) with cosine ramps: up from `peak / startDivisor` to `peak`, then
/// down to `peak / startDivisor / endDivisor` at the last step.
public struct OneCycle: Sendable, Hashable {
  /// The highest rate.
  public var peak: Double
  /// The share of the steps that the rise takes, in 0...1.
  public var rise: Double
  /// `peak` divided by the first rate.
  public var startDivisor: Double
  /// The first rate divided by the last.
  public var endDivisor: Double

  /// A cycle to `peak` and back.
  public init(peak: Double, rise: Double = 0.3, startDivisor: Double = 25, endDivisor: Double = 1e4) {
    self.peak = peak
    self.rise = rise
    self.startDivisor = startDivisor
    self.endDivisor = endDivisor
  }

  /// The rate of step `step`, counted from 0, of `total`. Steps outside have the nearest one's rate.
  public func rate(at step: Int, of total: Int) -> Double {
    let start = peak / startDivisor
    let end = start / endDivisor
    guard total > 1 else { return peak }
    let top = rise * Double(total) - 1
    let position = Double(min(max(step, 0), total - 1))
    if position <= top {
      return top > 0 ? Self.cosine(from: start, to: peak, at: position / top) : peak
    }
    let fall = Double(total - 1) - max(top, 0)
    return Self.cosine(from: peak, to: end, at: fall > 0 ? (position - max(top, 0)) / fall : 1)
  }

  private static func cosine(from: Double, to: Double, at share: Double) -> Double {
    to + (from - to) / 2 * (1 + cos(.pi * share))
  }
}
