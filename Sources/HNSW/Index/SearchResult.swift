/// One found vector.
public struct SearchHit: Sendable, Hashable {
  /// The id it was added under.
  public var id: Int64
  /// Its exact distance from the query in the metric's own unit; see ``Metric``.
  public var distance: Float

  /// A hit of this id at this distance.
  public init(id: Int64, distance: Float) {
    self.id = id
    self.distance = distance
  }
}

extension SearchHit {
  /// The order of answers: nearest first, equal distances by id.
  @inline(__always)
  static func precedes(_ a: SearchHit, _ b: SearchHit) -> Bool {
    a.distance < b.distance || (a.distance == b.distance && a.id < b.id)
  }
}

/// How an answer was found.
public enum SearchMethod: String, Sendable, Codable, Hashable, CaseIterable {
  /// By walking the graph: approximate.
  case graph
  /// By comparing the query with every vector: the k nearest for certain.
  case exact
  /// By comparing the query with every vector that the filter allows: the k nearest of them for certain.
  case filtered
}

/// The answer to a search.
public struct SearchResult: Sendable, Hashable {
  /// The nearest vectors, nearest first, equal distances in ascending order of id.
  public var hits: [SearchHit]
  /// How they were found.
  public var method: SearchMethod

  /// An answer of these hits.
  public init(hits: [SearchHit], method: SearchMethod) {
    self.hits = hits
    self.method = method
  }
}
