/// When work must be over that is left out where it would take longer.
struct Deadline: Sendable {
  /// Why such work was given up.
  struct Passed: Error {}

  private let instant: ContinuousClock.Instant

  /// A deadline so many seconds from now.
  init(after seconds: Double) { instant = .now + .seconds(max(0, seconds)) }

  var hasPassed: Bool { ContinuousClock.now >= instant }

  /// - Throws: ``Passed``.
  func check() throws {
    if hasPassed { throw Passed() }
  }
}
