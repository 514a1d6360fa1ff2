/// How two vectors are compared, and the unit a distance is given in.
public enum Metric: String, Sendable, Codable, Hashable, CaseIterable {
  /// Euclidean distance, unsquared: `‖a − b‖₂`.
  case euclidean
  /// Cosine distance: `1 − a·b / (‖a‖‖b‖)`, from 0 (same direction) to 2 (opposite). Zero vectors are refused.
  case cosine
  /// Negated inner product: `−a·b`, so that smaller is nearer here too.
  case dot
}
