import Dispatch

/// One pass over all rows of distances that collects what every figure needs, so that no row is kept.
struct PairScan: Sendable {
  let verification: Verification
  private(set) var rank1With1: IdentityScores
  private(set) var rank1With5: IdentityScores
  private(set) var recallAt1: IdentityScores
  private(set) var recallAt5: IdentityScores
  private(set) var mapAtR: IdentityScores
  /// The nearest enrolled embedding of every image, `[draws][images]`.
  let openSet: [[IdentificationTrials.Nearest]]

  /// What one image's row says.
  private struct Row {
    var hitsWith1 = 0, probesWith1 = 0, hitsWith5 = 0, probesWith5 = 0
    var retrieval: Retrieval?
    var open: [IdentificationTrials.Nearest] = []
  }

  init(_ distances: some PairwiseDistances, _ identities: LabelledIdentities, _ trials: IdentificationTrials) {
    let genuine = GenuinePairs(distances, identities)
    let images = identities.images
    var rows = [Row](repeating: Row(), count: images)
    var buckets = [Int32](repeating: ImpostorPairs.genuine, count: images * (images - 1) / 2)
    rows.withUnsafeMutableBufferPointer { rows in
      buckets.withUnsafeMutableBufferPointer { buckets in
        // Every iteration writes only the places of its own images.
        nonisolated(unsafe) let (rows, buckets) = (rows, buckets)
        let block = 16
        DispatchQueue.concurrentPerform(iterations: (images + block - 1) / block) { index in
          withUnsafeTemporaryAllocation(of: Double.self, capacity: images) { row in
            for image in (index * block)..<min((index + 1) * block, images) {
              distances.fill(row, of: image)
              let row = UnsafeBufferPointer(row)
              rows[image] = Self.row(row, of: image, identities, trials)
              let start = ImpostorPairs.start(of: image, images: images)
              let identity = identities.identity[image]
              for other in (image + 1)..<max(images, image + 1) where identities.identity[other] != identity {
                buckets[start + other - image - 1] = genuine.nearer(than: row[other])
              }
            }
          }
        }
      }
    }
    verification = Verification(
      genuine, ImpostorPairs(buckets, thresholds: genuine.distances.count, identities), identities)

    rank1With1 = IdentityScores(identities: identities.count)
    (rank1With5, recallAt1, recallAt5, mapAtR) = (rank1With1, rank1With1, rank1With1, rank1With1)
    for (image, row) in rows.enumerated() {
      let identity = identities.identity[image]
      rank1With1.add(Double(row.hitsWith1), of: row.probesWith1, identity: identity)
      rank1With5.add(Double(row.hitsWith5), of: row.probesWith5, identity: identity)
      guard let retrieval = row.retrieval else { continue }
      recallAt1.add(retrieval.isFirst ? 1 : 0, of: 1, identity: identity)
      recallAt5.add(retrieval.isAmongFive ? 1 : 0, of: 1, identity: identity)
      mapAtR.add(retrieval.averagePrecisionAtR, of: 1, identity: identity)
    }
    openSet = trials.open.indices.map { draw in rows.map { $0.open[draw] } }
  }

  private static func row(
    _ row: UnsafeBufferPointer<Double>, of image: Int, _ identities: LabelledIdentities,
    _ trials: IdentificationTrials
  ) -> Row {
    var result = Row()
    let identity = identities.identity[image]
    for draw in trials.closedWith1 where !draw.isEnrolled[image] {
      result.probesWith1 += 1
      result.hitsWith1 += identities.identity[nearest(row, in: draw.gallery).image] == identity ? 1 : 0
    }
    for draw in trials.closedWith5 where !draw.isEnrolled[image] {
      result.probesWith5 += 1
      result.hitsWith5 += identities.identity[nearest(row, in: draw.gallery).image] == identity ? 1 : 0
    }
    result.open = trials.open.map { draw in
      guard !draw.isEnrolled[image] else { return IdentificationTrials.Nearest() }
      let nearest = nearest(row, in: draw.gallery)
      return IdentificationTrials.Nearest(
        distance: nearest.distance, isRight: identities.identity[nearest.image] == identity)
    }
    result.retrieval = Retrieval(row, of: image, relevant: identities.members[identity])
    return result
  }

  /// The enrolled image with the smallest distance, the first of equally near ones.
  @inline(__always)
  private static func nearest(
    _ row: UnsafeBufferPointer<Double>, in gallery: [Int32]
  ) -> (image: Int, distance: Double) {
    var best = (image: Int(gallery[0]), distance: Double.infinity)
    gallery.withUnsafeBufferPointer { gallery in
      for image in gallery where row[Int(image)] < best.distance {
        best = (Int(image), row[Int(image)])
      }
    }
    return best
  }
}
