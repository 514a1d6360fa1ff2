import HNSW
import Networks

/// Which identities a network takes for each other, found by the gallery's own index.
///
/// All training embeddings go into an `HNSWIndex`, and each is searched for: the strangers among its nearest are its
/// identity's confusions. Looking at all training data costs a few hundred distances an embedding instead of all of
/// them, so it can be done at every epoch.
package struct IndexConfusions: Sendable {
  /// For each identity the others, the most confused first.
  package let of: [Int: [Int]]

  /// - Parameters:
  ///   - embeddings: `[n, dimension]` values.
  ///   - dimension: values in each.
  ///   - labels: the identity of each.
  ///   - strangers: how many strangers of each embedding are counted.
  ///   - workers: threads; no influence on the result.
  package init(embeddings: [Float], dimension: Int, labels: [Int], strangers: Int = 8, workers: Int) throws {
    var images: [Int: Int] = [:]
    for label in labels { images[label, default: 0] += 1 }
    let index = try HNSWIndex(
      dimension: dimension, metric: .euclidean, parameters: .init(threads: min(max(workers, 1), 1_024)))
    let ids = (0..<labels.count).map { Int64($0) }
    // Its own pictures may all be nearer than any stranger.
    let k = min(labels.count, (images.values.max() ?? 1) + strangers)
    let answers = try embeddings.withUnsafeBufferPointer { rows in
      try index.add(contentsOf: rows, ids: ids)
      return try index.search(batch: rows, k: k)
    }
    var nearness: [Int: [Int: Double]] = [:]
    for (row, answer) in answers.enumerated() {
      let others = answer.hits.filter { labels[Int($0.id)] != labels[row] }.prefix(strangers)
      for hit in others {
        // Near ones count most; both sides of a confusion learn of it.
        let weight = 1 / (0.1 + Double(hit.distance))
        nearness[labels[row], default: [:]][labels[Int(hit.id)], default: 0] += weight
        nearness[labels[Int(hit.id)], default: [:]][labels[row], default: 0] += weight
      }
    }
    of = nearness.mapValues { others in
      others.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map(\.key)
    }
  }
}
