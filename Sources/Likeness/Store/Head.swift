import GRDB

/// What a connection keeps from one snapshot to the next.
struct LastSnapshot: Sendable {
  /// What the last one said; nil where nothing of it holds any more.
  var head: Head?
  /// How many in a row were taken anew because others committed meanwhile.
  var lateRounds = 0
}

/// What a snapshot of the file says about itself: enough to know whether an index agrees with it.
struct Head: Sendable {
  /// Changes on one connection whenever anybody else committed.
  var dataVersion: Int64
  /// Changes whenever anybody changed the schema: dropped a trigger, say.
  var schemaCookie: Int64
  /// Whether vectors have checksums: since version 2.
  var hasChecksums: Bool
  /// The number of the last change in the log.
  var sequence: Int64
  /// The highest id in `embedding`.
  var highest: Int64
  /// The number of identities.
  var identities: Int
  /// The embedder whose vectors are compared.
  var embedder: EmbedderRow?
  /// The number of the index that agreed with the snapshot (``IndexState/generation``).
  var generation: Int?

  /// The head of the snapshot that `db` is in, which this takes if nothing did before. `last` is what the same
  /// connection saw before; where nobody committed since, it still holds.
  static func current(_ db: Database, last: Head?) throws -> Head {
    let version = try db.integer("PRAGMA data_version")
    if let last, last.dataVersion == version { return last }
    let statement = try RawStatement(
      db,
      """
      SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0),
             ifnull((SELECT max(id) FROM embedding), 0), (SELECT count(*) FROM identity)
      """)
    guard try statement.step() else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
    return Head(
      dataVersion: version, schemaCookie: try db.integer("PRAGMA schema_version"),
      hasChecksums: try db.integer("PRAGMA user_version") >= 2, sequence: statement.integer(0),
      highest: statement.integer(1), identities: Int(statement.integer(2)), embedder: try EmbedderRow.stored(in: db))
  }
}

/// A row of `embedder` without its model.
struct EmbedderRow: Sendable, Hashable {
  var id: Int64
  var name: String
  var dimension: Int
  var metric: Metric
  /// Of its model.
  var sha256: String?

  /// The gallery's embedder: the first one. Later ones may exist while a gallery moves from one to another.
  static func stored(in db: Database) throws -> EmbedderRow? {
    let statement = try RawStatement(db, "SELECT id, name, dimension, metric, sha256 FROM embedder ORDER BY id LIMIT 1")
    guard try statement.step() else { return nil }
    let dimension = Int(statement.integer(2))
    guard let metric = Metric(rawValue: statement.text(3) ?? ""), (1...65_536).contains(dimension) else {
      throw DatabaseError(
        resultCode: .SQLITE_CORRUPT,
        message: "the embedder \(statement.integer(0)) has the dimension \(dimension) and the metric "
          + "\"\(statement.text(3) ?? "NULL")\"")
    }
    return EmbedderRow(
      id: statement.integer(0), name: statement.text(1) ?? "", dimension: dimension, metric: metric,
      sha256: statement.text(4))
  }
}
