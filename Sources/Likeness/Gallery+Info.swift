import Foundation
import GRDB

extension Gallery {
  /// The gallery's numbers, and which embeddings were left out of the index.
  ///
  /// - Throws: ``GalleryError``.
  public func info() throws -> GalleryInfo {
    try translating {
      try buildIndex()
      return try connections.read { db, last in
        let view = try keeper.view(db, last: &last)
        defer { if let view { keeper.close(view) } }
        let faults = keeper.state.withLock { $0?.faults } ?? [:]
        return GalleryInfo(
          path: path,
          fileBytes: Self.size(path),
          logBytes: Self.size(path + "-wal"),
          schemaVersion: Int(try db.integer("PRAGMA user_version")),
          readOnlyReason: readOnlyReason,
          embedder: try Self.summary(db),
          identities: Int(try db.integer("SELECT count(*) FROM identity")),
          embeddings: Int(try db.integer("SELECT count(*) FROM embedding")),
          searchable: view?.searchable ?? 0,
          leftOutCount: faults.count,
          otherEmbedderCount: faults.values.count(where: \.isOtherEmbedder),
          leftOut: Self.inOrder(faults).prefix(100).map { id, fault in
            GalleryInfo.LeftOut(embedding: EmbeddingID(id), reason: fault.sentence(embedder: view?.embedder))
          },
          index: (view?.graph).map(IndexSummary.init),
          erasurePending: try db.integer("SELECT count(*) FROM erasure") > 0)
      }
    }
  }

  private static func summary(_ db: Database) throws -> GalleryInfo.EmbedderSummary? {
    guard let stored = try EmbedderRow.stored(in: db) else { return nil }
    let row = try RawStatement(db, "SELECT kind, sha256, ifnull(length(model), 0) FROM embedder WHERE id = ?")
    try row.bind(stored.id, at: 1)
    guard try row.step() else { return nil }
    return GalleryInfo.EmbedderSummary(
      name: stored.name, kind: row.text(0) ?? "", dimension: stored.dimension, metric: stored.metric,
      sha256: row.text(1), modelBytes: Int(row.integer(2)))
  }

  /// Damaged rows before those of other embedders.
  private static func inOrder(_ faults: [Int64: VectorFault]) -> [(key: Int64, value: VectorFault)] {
    func place(_ one: (key: Int64, value: VectorFault)) -> (Int, Int64) { (one.value.isOtherEmbedder ? 1 : 0, one.key) }
    return faults.sorted { place($0) < place($1) }
  }

  private static func size(_ path: String) -> Int {
    ((try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int) ?? 0
  }
}
