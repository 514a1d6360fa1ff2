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
  func search(
    _ query: [Float], k: Int, effort: Effort, excluding excluded: Set<Int64>
  ) throws -> (hits: [SearchHit], isExact: Bool) {
    let pending = overlay.entries
    if pending.isEmpty {
      let result =
        excluded.isEmpty
        ? try graph.search(query, k: k, effort: effort)
        : try graph.search(query, k: k, effort: effort) { !excluded.contains($0) }
      return (result.hits, result.method != .graph)
    }
    let result = try graph.search(query, k: k, effort: effort) { pending[$0] == nil && !excluded.contains($0) }
    var hits = result.hits
    for (id, change) in pending where !excluded.contains(id) {
      guard let vector = change.vector else { continue }
      hits.append(SearchHit(id: id, distance: embedder.metric.distance(query, vector)))
    }
    hits.sort { ($0.distance, $0.id) < ($1.distance, $1.id) }
    return (Array(hits.prefix(k)), result.method != .graph)
  }
}
