import HNSW

/// Damage to an index in memory, for tests of what finds it.
package enum IndexDamage: Sendable {
  /// A vector is not in it.
  case missing(EmbeddingID)
  /// A vector is another.
  case other(EmbeddingID, [Float])
  /// A link is counted that is not there.
  case miscounted(EmbeddingID)
}

extension Gallery {
  /// Damages the index behind its keeper's back.
  package func damageIndex(_ damage: IndexDamage) throws {
    guard let graph = keeper.state.withLock({ $0?.graph }) else { return }
    switch damage {
    case .missing(let id): graph.remove(id: id.rawValue)
    case .other(let id, let vector): try graph.update(vector, id: id.rawValue)
    case .miscounted(let id): graph.miscountLinks(to: id.rawValue)
    }
  }
}
