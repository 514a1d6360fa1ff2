/// Where the other images of an image's identity stand when all others are sorted by distance.
struct Retrieval: Sendable {
  /// Whether the nearest other image is of the same identity.
  let isFirst: Bool
  /// Whether one of the five nearest is.
  let isAmongFive: Bool
  /// Precision averaged over the relevant ranks up to R, the number of relevant images.
  let averagePrecisionAtR: Double

  /// Ranks from a row of distances; equal distances rank by index. `relevant` are all images of the identity; `nil`
  /// when `image` is the only one.
  ///
  /// Only the relevant images need ranks: one is its place among them plus the number of others that come before it.
  init?(_ row: UnsafeBufferPointer<Double>, of image: Int, relevant: [Int]) {
    let sorted = relevant.filter { $0 != image }.sorted { (row[$0], $0) < (row[$1], $1) }
    guard let farthest = sorted.last.map({ row[$0] }) else { return nil }
    var isRelevant = relevant.makeIterator()
    var nextRelevant = isRelevant.next()
    var others = [Int](repeating: 0, count: sorted.count + 1)
    for other in 0..<row.count {
      if other == nextRelevant {
        nextRelevant = isRelevant.next()
        continue
      }
      guard row[other] <= farthest else { continue }
      var (place, rest) = (0, sorted.count)
      while rest > 0 {
        let half = place + rest / 2
        if (row[sorted[half]], sorted[half]) < (row[other], other) {
          (place, rest) = (half + 1, place + rest - half - 1)
        } else {
          rest = half - place
        }
      }
      others[place] += 1
    }
    var (before, precision, firstRank) = (0, 0.0, Int.max)
    for place in sorted.indices {
      before += others[place]
      let rank = place + before
      firstRank = min(firstRank, rank)
      if rank < sorted.count { precision += Double(place + 1) / Double(rank + 1) }
    }
    isFirst = firstRank == 0
    isAmongFive = firstRank < 5
    averagePrecisionAtR = precision / Double(sorted.count)
  }
}
