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
  /// Those that cannot because their rows are damaged, and why.
  let faults: [Int64: VectorFault]
  let logIsTrusted: Bool
  /// The index's number then: as long as it has that, it agrees with these rows.
  let generation: Int

  /// The `k` nearest of the searchable embeddings that are not in `excluded`, and in `allowed` where that is given: fewer
  /// only where there are fewer. Nearest first, equal distances by id.
  func search(
    _ query: [Float], k: Int, effort: Effort, excluding excluded: Set<Int64>, among allowed: IDSet? = nil
  ) throws -> (hits: [SearchHit], isExact: Bool) {
    let pending = overlay.entries
    let result: SearchResult
    if let allowed, pending.isEmpty, excluded.isEmpty {
      result = try graph.search(query, k: k, effort: effort, where: allowed)
    } else if let allowed, allowed.count <= Self.fewAllowed {
      // A set of its own, so that no others are looked at.
      let left = IDSet(allowed.ids.filter { pending[$0] == nil && !excluded.contains($0) })
      result = try graph.search(query, k: k, effort: effort, where: left)
    } else if let allowed {
      result = try graph.search(query, k: k, effort: effort) {
        allowed.contains($0) && pending[$0] == nil && !excluded.contains($0)
      }
    } else if pending.isEmpty, excluded.isEmpty {
      result = try graph.search(query, k: k, effort: effort)
    } else {
      result = try graph.search(query, k: k, effort: effort) { pending[$0] == nil && !excluded.contains($0) }
    }
    let isExact = result.method != .graph
    if pending.isEmpty { return (result.hits, isExact) }
    var hits = result.hits
    for (id, change) in pending where !excluded.contains(id) && allowed?.contains(id) != false {
      guard let vector = change.vector else { continue }
      hits.append(SearchHit(id: id, distance: embedder.metric.distance(query, vector)))
    }
    hits.sort { ($0.distance, $0.id) < ($1.distance, $1.id) }
    return (Array(hits.prefix(k)), isExact)
  }

  /// Up to so many allowed embeddings a set is made anew without those that a search has found before.
  private static let fewAllowed = 16_384
}
