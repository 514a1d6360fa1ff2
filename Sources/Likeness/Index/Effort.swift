import HNSW

/// How hard a search looks.
enum Effort: Sendable, Hashable {
  /// As the index chooses.
  case usual
  /// With so many candidates.
  case ef(Int)
  /// Until this share of the true nearest is found on the average.
  case recall(Double)

  /// What one query asks for, or else what the configuration does.
  ///
  /// - Throws: ``GalleryError/invalidArgument(reason:)``.
  init(ef: Int?, recall: Double?, or configuration: GalleryConfiguration) throws {
    if ef != nil, recall != nil {
      throw GalleryError.invalidArgument(reason: "both ef and recall are given: choose one of them")
    }
    let isGiven = ef != nil || recall != nil
    let ef = isGiven ? ef : configuration.ef
    let recall = isGiven ? recall : configuration.recall
    if let ef {
      guard ef >= 1 else { throw GalleryError.invalidArgument(reason: "ef is \(ef): give at least 1, or nothing") }
      self = .ef(ef)
    } else if let recall {
      guard (0...1).contains(recall) else {
        throw GalleryError.invalidArgument(reason: "recall is \(recall): give 0 to 1, or nothing")
      }
      self = .recall(recall)
    } else {
      self = .usual
    }
  }
}

extension HNSWIndex {
  /// The `k` nearest vectors that the filter allows.
  func search(
    _ query: [Float], k: Int, effort: Effort, where isAllowed: ((Int64) -> Bool)? = nil
  ) throws -> SearchResult {
    switch effort {
    case .usual: return try search(query, k: k, where: isAllowed)
    case .ef(let ef): return try search(query, k: k, ef: ef, where: isAllowed)
    case .recall(let recall):
      guard let ef = try ef(forRecall: recall, k: k) else { return try searchExactly(query, k: k, where: isAllowed) }
      return try search(query, k: k, ef: ef, where: isAllowed)
    }
  }

  /// The `k` nearest vectors among those of a set of ids.
  func search(_ query: [Float], k: Int, effort: Effort, where ids: IDSet) throws -> SearchResult {
    switch effort {
    case .usual: return try search(query, k: k, where: ids)
    case .ef(let ef): return try search(query, k: k, ef: ef, where: ids)
    case .recall(let recall):
      guard let ef = try ef(forRecall: recall, k: k) else { return try searchExactly(query, k: k) { ids.contains($0) } }
      return try search(query, k: k, ef: ef, where: ids)
    }
  }
}
