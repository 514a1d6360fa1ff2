import GRDB

/// By which a gallery is known again after a transaction: not where a copy was put in its place meanwhile, and what was
/// stored before is perhaps not in it.
///
/// Numbers of embeddings are never used again in one gallery, and a row keeps its time. So the number that was used last
/// never falls, and the row that has it is the same or gone.
struct Lineage: Sendable {
  private var last: Int64
  private var createdAt: String?

  /// That of the gallery that `db` sees.
  init(of db: Database) throws {
    last = try db.integer("SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'embedding'), 0)")
    createdAt = try Self.time(of: last, in: db)
  }

  /// Whether the gallery that `db` sees is the one of before, with whatever others did to it.
  func goesOn(in db: Database) throws -> Bool {
    if try Lineage(of: db).last < last { return false }
    guard let createdAt, let now = try Self.time(of: last, in: db) else { return true }
    return now == createdAt
  }

  private static func time(of embedding: Int64, in db: Database) throws -> String? {
    let row = try RawStatement(db, "SELECT created_at FROM embedding WHERE id = ?")
    try row.bind(embedding, at: 1)
    return try row.step() ? row.text(0) : nil
  }
}
