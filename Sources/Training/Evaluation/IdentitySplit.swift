/// Identities divided into some to train on and others, unseen, to test on.
public struct IdentitySplit: Sendable, Hashable {
  /// The indices of the identities to train on, ascending.
  public let training: [Int]

  /// The indices of the identities to test on, ascending; none of them is in `training`.
  public let testing: [Int]

  /// Draws `testing` of `identities` at random; the same seed draws the same.
  ///
  /// Throws ``EvaluationError`` unless 0 ≤ `testing` ≤ `identities`.
  public init(identities: Int, testing: Int, seed: UInt64) throws {
    guard testing >= 0, testing <= identities else {
      throw EvaluationError("\(testing) of \(identities) identities cannot be held out: hold out fewer")
    }
    var random = EvaluationRandom(seed: seed)
    let order = random.draw(identities, of: Array(0..<identities))
    self.testing = order.prefix(testing).sorted()
    training = order.dropFirst(testing).sorted()
  }
}
