import Dispatch

/// The verification figures over all pairs.
struct Verification: Sendable {
  /// EER and both TARs.
  struct Figures: Sendable {
    let eer: IdentificationReport.Figure
    let tarAt1Percent: IdentificationReport.Figure
    let tarAt01Percent: IdentificationReport.Figure
  }

  let genuine: GenuinePairs
  let impostors: ImpostorPairs
  private let imagesOfIdentity: [Int]

  init(_ genuine: GenuinePairs, _ impostors: ImpostorPairs, _ identities: LabelledIdentities) {
    self.genuine = genuine
    self.impostors = impostors
    imagesOfIdentity = identities.members.map(\.count)
  }

  /// The figures with their intervals.
  func figures(_ weights: BootstrapWeights) -> Figures {
    var values = [ErrorRates?](repeating: nil, count: weights.rows.count)
    values.withUnsafeMutableBufferPointer { values in
      // Every iteration writes its own place.
      nonisolated(unsafe) let values = values
      DispatchQueue.concurrentPerform(iterations: weights.rows.count) { row in
        values[row] = errorRates(weights.rows[row])
      }
    }
    return Figures(
      eer: BootstrapWeights.figure(values.map { $0?.equal }),
      tarAt1Percent: BootstrapWeights.figure(values.map { $0?.tarAt1Percent }),
      tarAt01Percent: BootstrapWeights.figure(values.map { $0?.tarAt01Percent }))
  }

  /// The figures where identity i counts `weights[i]` times; `nil` without pairs of both kinds.
  private func errorRates(_ weights: [Int]) -> ErrorRates? {
    // shares[k]: the weighted share of genuine pairs among the k nearest.
    var shares = [0.0]
    shares.reserveCapacity(genuine.identity.count + 1)
    var sum = 0
    for identity in genuine.identity {
      sum += weights[Int(identity)]
      shares.append(Double(sum))
    }
    let total = impostorWeight(weights)
    guard sum > 0, total > 0 else { return nil }
    for index in shares.indices { shares[index] /= Double(sum) }

    var rates = ErrorRates(impostors: total)
    weights.withUnsafeBufferPointer { weights in
      impostors.identities.withUnsafeBufferPointer { pairs in
        for (group, share) in shares.enumerated() where !rates.isComplete {
          let range = impostors.groupStart[group]..<impostors.groupStart[group + 1]
          rates.add(UnsafeBufferPointer(rebasing: pairs[range]), weights, genuineShare: share)
        }
      }
    }
    return rates
  }

  /// Σ wᵢ wⱼ over all impostor pairs, from the weights of whole identities.
  private func impostorWeight(_ weights: [Int]) -> Int {
    var (sum, squares) = (0, 0)
    for (weight, images) in zip(weights, imagesOfIdentity) {
      sum += weight * images
      squares += weight * images * weight * images
    }
    return (sum * sum - squares) / 2
  }
}

/// Finds the error rates on a walk along the impostor pairs, nearest first.
private struct ErrorRates: Sendable {
  private struct Point: Sendable {
    /// The weight of the impostor pairs strictly before this one.
    var accepted: Int
    /// The share of genuine pairs that are not strictly nearer.
    var frr: Double
  }

  private let total: Int
  private let limit1: Int
  private let limit01: Int
  private var accepted = 0
  private var before: Point?
  private var after: Point?
  private var tar1: Double?
  private var tar01: Double?

  init(impostors total: Int) {
    self.total = total
    // As many impostors as a rate allows; the factor keeps a product like 0.01 × 300 from falling short of 3.
    limit1 = Int(0.01 * Double(total) * (1 + 1e-12))
    limit01 = Int(0.001 * Double(total) * (1 + 1e-12))
  }

  /// Whether the rest of the walk cannot change anything.
  var isComplete: Bool { after != nil && tar1 != nil && tar01 != nil }

  /// The mean of FAR and FRR where they are nearest, the first of equally near places. Along the walk FAR − FRR never
  /// falls, so that is at the first pair where it is not negative or at the pair before.
  var equal: Double {
    guard let after else { return before.map { rates(at: $0).mean } ?? 0 }
    guard let before, rates(at: before).difference <= rates(at: after).difference else {
      return rates(at: after).mean
    }
    return rates(at: before).mean
  }

  /// The share of genuine pairs strictly nearer than the first impostor pair beyond a FAR of 1 %.
  var tarAt1Percent: Double { tar1 ?? 1 }

  /// The share of genuine pairs strictly nearer than the first impostor pair beyond a FAR of 0.1 %.
  var tarAt01Percent: Double { tar01 ?? 1 }

  private func rates(at point: Point) -> (difference: Double, mean: Double) {
    let far = Double(point.accepted) / Double(total)
    return (abs(far - point.frr), (far + point.frr) / 2)
  }

  /// Walks along impostor pairs that all have the same share of genuine pairs strictly nearer than they.
  mutating func add(
    _ pairs: UnsafeBufferPointer<UInt32>, _ weights: UnsafeBufferPointer<Int>, genuineShare: Double
  ) {
    guard !pairs.isEmpty else { return }
    func weight(_ pair: UInt32) -> Int { weights[Int(pair >> 16)] * weights[Int(pair & 0xFFFF)] }
    let frr = 1 - genuineShare
    var index = 0
    if after == nil {
      let crossing = Int((frr * Double(total)).rounded(.up))
      var (accepted, last) = (accepted, 0)
      while index < pairs.count, accepted < crossing {
        last = weight(pairs[index])
        accepted += last
        index += 1
      }
      if index > 0 { before = Point(accepted: accepted - last, frr: frr) }
      if index < pairs.count { after = Point(accepted: accepted, frr: frr) }
      self.accepted = accepted
    }
    for pair in pairs[index...] { accepted += weight(pair) }
    if tar1 == nil, accepted > limit1 { tar1 = genuineShare }
    if tar01 == nil, accepted > limit01 { tar01 = genuineShare }
  }
}
