/// All pairs of images of one identity, nearest first.
struct GenuinePairs: Sendable {
  /// Ascending.
  let distances: [Double]
  /// The identity of every pair, in the order of `distances`.
  let identity: [Int32]

  init(_ source: some PairwiseDistances, _ identities: LabelledIdentities) {
    var pairs: [(distance: Double, identity: Int32)] = []
    for (identity, members) in identities.members.enumerated() {
      for (index, first) in members.enumerated() {
        for second in members[(index + 1)...] {
          pairs.append((source.distance(first, second), Int32(identity)))
        }
      }
    }
    pairs.sort { $0.distance < $1.distance }
    distances = pairs.map(\.distance)
    identity = pairs.map(\.identity)
  }

  /// How many genuine pairs are strictly nearer than `distance`.
  func nearer(than distance: Double) -> Int32 {
    distances.withUnsafeBufferPointer { distances in
      var (low, count) = (0, distances.count)
      while count > 0 {
        let half = count / 2
        if distances[low + half] < distance {
          low += half + 1
          count -= half + 1
        } else {
          count = half
        }
      }
      return Int32(low)
    }
  }
}

/// All pairs of images of two identities, grouped by the number of genuine pairs that are strictly nearer.
///
/// The figures ask of an impostor pair only that number and its two identities; sorting within a group is not needed.
struct ImpostorPairs: Sendable {
  /// Marks a pair that is no impostor pair.
  static let genuine: Int32 = -1

  /// Where each group begins in `identities`, and where the last one ends: `[genuine pairs + 2]`.
  let groupStart: [Int]

  /// Both identities of every pair in one word, 16 bits each.
  let identities: [UInt32]

  /// Where the pairs of `image` with later images begin among all pairs.
  static func start(of image: Int, images: Int) -> Int {
    image * (images - 1) - image * (image - 1) / 2
  }

  /// Groups the pairs whose numbers of nearer genuine pairs, at most `thresholds`, are given in the order of
  /// ``start(of:images:)``.
  init(_ groups: [Int32], thresholds: Int, _ labelled: LabelledIdentities) {
    var next = [Int](repeating: 0, count: thresholds + 2)
    for group in groups where group >= 0 { next[Int(group) + 1] += 1 }
    for group in 1..<next.count { next[group] += next[group - 1] }
    groupStart = next
    let images = labelled.images
    identities = [UInt32](unsafeUninitializedCapacity: next[thresholds + 1]) { out, count in
      groups.withUnsafeBufferPointer { groups in
        labelled.identity.withUnsafeBufferPointer { identity in
          var pair = 0
          for first in 0..<images {
            let high = UInt32(identity[first]) << 16
            for second in (first + 1)..<max(images, first + 1) {
              let group = groups[pair]
              pair += 1
              guard group >= 0 else { continue }
              out[next[Int(group)]] = high | UInt32(identity[second])
              next[Int(group)] += 1
            }
          }
        }
      }
      count = next[thresholds]
    }
  }
}
