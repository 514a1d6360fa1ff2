import HNSW

/// The index as it agrees with one snapshot of the rows, for one answer.
///
/// While a view is open no change behind its position goes into the graph, so that the graph, masked by the changes
/// pending then, is exactly the rows of its snapshot.
struct IndexView: Sendable {
  let embedder: EmbedderRow
  let graph: HNSWIndex
  let overlay: Overlay
  let position: Int64
  /// How many embeddings can be found.
  let searchable: Int
  /// How many cannot because their rows are damaged.
  let faults: Int
  let logIsTrusted: Bool

  /// The `k` nearest of the searchable embeddings that are not in `excluded`: fewer only where there are fewer.
  /// Nearest first, equal distances by id.
  func search(_ query: [Float], k: Int, ef: Int?, excluding excluded: Set<Int64>) throws -> (hits: [IndexHit], isExact: Bool) {
    let pending = overlay.entries
    let isPlain = pending.isEmpty && excluded.isEmpty
    let result =
      isPlain
      ? try graph.search(query, k: k, ef: ef)
      : try graph.search(query, k: k, ef: ef) { id in pending[id] == nil && !excluded.contains(id) }
    guard !pending.isEmpty else { return (result.hits.map { IndexHit(id: $0.id, distance: $0.distance) }, result.method == .exact) }

    var hits = result.hits.map { IndexHit(id: $0.id, distance: $0.distance) }
    for (id, change) in pending where !excluded.contains(id) {
      guard let vector = change.vector else { continue }
      hits.append(IndexHit(id: id, distance: embedder.metric.distance(query, vector)))
    }
    hits.sort { ($0.distance, $0.id) < ($1.distance, $1.id) }
    return (Array(hits.prefix(k)), result.method == .exact)
  }
}

/// One embedding found, and its distance as the index computed it.
struct IndexHit: Sendable, Hashable {
  var id: Int64
  var distance: Float
}
