import Networks

/// The random enrolments of the closed-set and open-set figures, and what the open set makes of its distances.
struct IdentificationTrials: Sendable {
  /// One enrolment of every identity.
  struct ClosedSet: Sendable {
    /// The enrolled images, identity by identity.
    let gallery: [Int32]
    /// Whether an image is enrolled and so no probe.
    let isEnrolled: [Bool]
  }

  /// One enrolment of half of the identities.
  struct OpenSet: Sendable {
    /// The enrolled images, identity by identity in the order drawn.
    let gallery: [Int32]
    /// Whether an image is enrolled and so no probe.
    let isEnrolled: [Bool]
    /// The images of enrolled identities that are not enrolled themselves, ascending.
    let mated: [Int]
    /// The images of the other identities, ascending.
    let strangers: [Int]
  }

  /// What a probe's nearest enrolled embedding says.
  struct Nearest: Sendable {
    var distance = Double.infinity
    var isRight = false
  }

  let closedWith1: [ClosedSet]
  let closedWith5: [ClosedSet]
  let open: [OpenSet]

  init(_ identities: LabelledIdentities, draws: Int, random: inout SplitMix64) {
    let everyone = Array(0..<identities.count)
    func enrol(_ enrolled: [Int], _ number: Int) -> ClosedSet {
      var gallery: [Int32] = []
      var isEnrolled = [Bool](repeating: false, count: identities.images)
      for identity in enrolled {
        let images = identities.members[identity]
        for image in random.draw(max(1, min(number, images.count - 1)), of: images) {
          gallery.append(Int32(image))
          isEnrolled[image] = true
        }
      }
      return ClosedSet(gallery: gallery, isEnrolled: isEnrolled)
    }
    closedWith1 = (0..<draws).map { _ in enrol(everyone, 1) }
    closedWith5 = (0..<draws).map { _ in enrol(everyone, 5) }
    open = (0..<draws).map { _ in
      let order = random.draw(identities.count, of: everyone)
      let enrolled = Array(order.prefix(identities.count / 2))
      let drawn = enrol(enrolled, 5)
      let isKnown = Set(enrolled)
      let images = 0..<identities.images
      return OpenSet(
        gallery: drawn.gallery, isEnrolled: drawn.isEnrolled,
        mated: images.filter { isKnown.contains(identities.identity[$0]) && !drawn.isEnrolled[$0] },
        strangers: images.filter { !isKnown.contains(identities.identity[$0]) })
    }
  }

  /// DIR at both rates from the nearest enrolled embedding of every image, `[draws][images]`.
  func openSetFigures(
    _ nearest: [[Nearest]], _ identities: LabelledIdentities, _ weights: BootstrapWeights
  ) -> (at1Percent: IdentificationReport.Figure, at10Percent: IdentificationReport.Figure) {
    var sums = [[Double]](repeating: [0, 0], count: weights.rows.count)
    var used = [Int](repeating: 0, count: weights.rows.count)
    for (draw, nearest) in zip(open, nearest) {
      let strangers = draw.strangers.sorted { nearest[$0].distance < nearest[$1].distance }
      let strangerDistances = strangers.map { nearest[$0].distance }
      let strangerIdentities = strangers.map { identities.identity[$0] }
      let mated = draw.mated.map { (identity: identities.identity[$0], nearest: nearest[$0]) }
      for (row, weights) in weights.rows.enumerated() {
        let matedWeight = mated.reduce(0) { $0 + weights[$1.identity] }
        let strangerWeight = strangerIdentities.reduce(0) { $0 + weights[$1] }
        guard matedWeight > 0, strangerWeight > 0 else { continue }
        used[row] += 1
        for (column, rate) in [0.01, 0.1].enumerated() {
          let limit = rate * Double(strangerWeight) * (1 + 1e-12)
          var (accepted, index) = (0, 0)
          while index < strangers.count - 1 {
            accepted += weights[strangerIdentities[index]]
            if Double(accepted) > limit { break }
            index += 1
          }
          let threshold = strangerDistances[index]
          let detected = mated.reduce(0) {
            $0 + ($1.nearest.isRight && $1.nearest.distance < threshold ? weights[$1.identity] : 0)
          }
          sums[row][column] += Double(detected) / Double(matedWeight)
        }
      }
    }
    let figures = [0, 1].map { column in
      BootstrapWeights.figure(zip(sums, used).map { $1 > 0 ? $0[column] / Double($1) : nil })
    }
    return (figures[0], figures[1])
  }
}
