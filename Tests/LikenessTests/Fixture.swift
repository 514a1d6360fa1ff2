import Foundation
import GRDB

/// Galleries of earlier schema versions; see Fixtures/README.md.
enum Fixture {
  /// A copy of the gallery of this version, to be opened.
  static func gallery(_ version: Int, in scratch: Scratch) throws -> String {
    let original = Bundle.module.bundleURL.appendingPathComponent("Fixtures/v\(version).gallery")
    let path = scratch.path("old.gallery")
    try FileManager.default.copyItem(atPath: original.path, toPath: path)
    return path
  }

  /// Everything a person would miss, as text: one line a row.
  static func content(_ path: String) throws -> [String] {
    var configuration = Configuration()
    configuration.readonly = true
    return try DatabaseQueue(path: path, configuration: configuration).read { db in
      try [
        "SELECT id, name, attributes, created_at FROM identity ORDER BY id",
        """
        SELECT id, identity_id, embedder_id, source, source_sha256, quality, attributes, created_at, hex(vector)
        FROM embedding ORDER BY id
        """,
        "SELECT id, name, kind, dimension, metric, sha256, card, created_at, hex(model) FROM embedder ORDER BY id",
        "SELECT id, embedder_id, recipe, configuration, seed, result, started_at, finished_at FROM training_run ORDER BY id",
        "SELECT run_id, epoch, loss, validation_loss, metrics, seconds FROM training_epoch ORDER BY run_id, epoch",
      ].flatMap { sql in
        try Row.fetchAll(db, sql: sql).map { row in row.map { "\($0.1)" }.joined(separator: "|") }
      }
    }
  }

  static func version(_ path: String) throws -> Int {
    var configuration = Configuration()
    configuration.readonly = true
    return try DatabaseQueue(path: path, configuration: configuration)
      .read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
  }
}
