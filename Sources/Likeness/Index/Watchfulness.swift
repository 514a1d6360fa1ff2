/// When all rows are compared in the background: soon after it was asked for, and at a bounded share of the time however
/// often that is.
package struct Watchfulness: Sendable {
  /// The next comparison begins no sooner after the last than so many times what that took: 2 % of one processor.
  static let rest: UInt64 = 50
  /// Nor sooner than this after it was asked for, so that one serves a whole group of commits.
  package static let patience: UInt64 = 1_000_000_000

  /// Whether one is under way, or about to be.
  private(set) var isScheduled = false
  /// Whether it was asked for since the last one began.
  private var isWanted = false
  /// Before this time none begins, in nanoseconds.
  private var earliest: UInt64 = 0

  package init() {}

  /// Asks for a comparison.
  ///
  /// - Returns: when to begin it; nil where that is seen to.
  package mutating func ask(now: UInt64) -> UInt64? {
    isWanted = true
    if isScheduled { return nil }
    isScheduled = true
    return max(now + Self.patience, earliest)
  }

  /// Notes that one begins.
  package mutating func begin() { isWanted = false }

  /// Notes that one ended.
  ///
  /// - Returns: when to begin the next one; nil where none was asked for meanwhile.
  package mutating func end(began: UInt64, now: UInt64) -> UInt64? {
    earliest = now + (now - began) * Self.rest
    isScheduled = false
    return isWanted ? ask(now: now) : nil
  }
}
