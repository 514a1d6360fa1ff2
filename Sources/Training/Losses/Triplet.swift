/// An anchor, a positive (same identity) and a negative (another identity), as rows of a batch.
public struct Triplet: Sendable, Hashable {
  /// The row that both others are compared with.
  public var anchor: Int
  /// Another picture of the anchor's identity.
  public var positive: Int
  /// A picture of any other identity.
  public var negative: Int
  /// How much it counts beside the others.
  public var weight: Float

  /// Makes a triplet of rows.
  public init(anchor: Int, positive: Int, negative: Int, weight: Float = 1) {
    self.anchor = anchor
    self.positive = positive
    self.negative = negative
    self.weight = weight
  }
}
