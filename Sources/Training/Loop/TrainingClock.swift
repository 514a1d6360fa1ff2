/// The time that a training has used, also before it was cut off and resumed, and the time that it has to keep.
package struct TrainingClock: Sendable {
  /// Seconds that were used before.
  package var before = 0.0
  /// Which part of the time for all trainings is this one's; nil where there is no time to keep.
  var share: Double?
  /// The time for all trainings, in seconds.
  var total: Double?
  private let started = ContinuousClock.now

  /// A clock that starts now.
  ///
  /// - Parameters:
  ///   - share: the part of `total` to keep.
  ///   - total: seconds for all trainings; nil for as many as they need.
  package init(share: Double = 1, of total: Double? = nil) {
    self.share = total == nil ? nil : share
    self.total = total
  }

  /// Seconds it may use in all; nil for as many as it needs.
  package var budget: Double? {
    guard let share, let total else { return nil }
    return max(0, share * total)
  }

  /// Seconds used.
  package var seconds: Double { before + started.secondsUntilNow }
}

extension ContinuousClock.Instant {
  var secondsUntilNow: Double {
    let elapsed = (ContinuousClock.now - self).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
  }
}
