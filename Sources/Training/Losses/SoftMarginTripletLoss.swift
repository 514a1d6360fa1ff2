import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The triplet loss without a margin: `ln(1 + exp(scale (‖E(a) − E(p)‖₂ − ‖E(a) − E(n)‖₂)))` (Hermans, Beyer & Leibe
/// 2017, arXiv 1703.07737, there with a scale of 1 on embeddings of any length).
///
/// It never stops pulling; on the unit sphere, where distances end at 2, the scale says how fast it lets go.
public struct SoftMarginTripletLoss: EmbeddingLoss {
  /// How sharply the loss falls once the positive is the nearer one.
  public var scale: Float

  /// Makes the loss.
  public init(scale: Float = 8) {
    self.scale = scale
  }

  /// It is.
  public var takesTriplets: Bool { true }
  /// ln 2.
  public var costOfCollapse: Double? { 0.693_147_180_559_945_3 }

  /// The weighted mean over the batch's triplets.
  public func evaluate(_ batch: LossBatch) -> LossValue {
    var pull = PairPull(batch.distances)
    var (total, weight, active) = (0.0, 0.0, 0)
    for triplet in batch.triplets {
      let near = batch.distances[triplet.anchor, triplet.positive]
      let far = batch.distances[triplet.anchor, triplet.negative]
      let difference = scale * (near - far)
      // ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(−|x|)), which neither overflows nor loses small values.
      let cost = max(difference, 0) + log1p(exp(-abs(difference)))
      let slope = scale / (1 + exp(-difference))
      total += Double((difference.isNaN ? difference : cost) * triplet.weight)
      weight += Double(triplet.weight)
      if difference > 0 { active += 1 }
      pull.add(slope * triplet.weight, triplet.anchor, triplet.positive)
      pull.add(-slope * triplet.weight, triplet.anchor, triplet.negative)
    }
    let share = max(weight, 1e-12)
    return LossValue(
      loss: total / share, gradient: pull.gradient(batch.embeddings, over: Float(share)),
      active: Double(active) / Double(max(batch.triplets.count, 1)))
  }
}
