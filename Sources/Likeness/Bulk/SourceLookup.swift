import GRDB

/// Finds the embeddings of an identity that came from a source.
///
/// There is an index by identity alone, so that finding one source costs a look at every embedding of the identity. Where
/// a batch asks for several of one identity, it is looked through once.
struct SourceLookup {
  private let embedder: EmbedderRow
  /// The sources that a batch asks for, of the identities of which it asks for several. By the bytes, as SQL compares.
  private var wanted: [String: Set<[UInt8]>] = [:]
  private var known: [Int64: [[UInt8]: [Int64]]] = [:]

  init(_ rows: CheckedEnrollments, embedder: EmbedderRow) {
    self.embedder = embedder
    var counts: [String: Int] = [:]
    for (name, enrollment) in zip(rows.names, rows.enrollments) where enrollment.source != nil {
      counts[name, default: 0] += 1
    }
    for (name, enrollment) in zip(rows.names, rows.enrollments) {
      if let source = enrollment.source, counts[name, default: 0] > 1 {
        wanted[name, default: []].insert(Array(source.utf8))
      }
    }
  }

  /// The embeddings of `identity` from `source`, oldest first.
  mutating func find(
    _ source: String, of identity: Int64, name: String, isNew: Bool, in db: Database
  ) throws -> [Int64] {
    if known[identity] == nil, let wanted = wanted[name] {
      known[identity] = isNew ? [:] : try lookThrough(identity, for: wanted, in: db)
    }
    if let known = known[identity] { return known[Array(source.utf8)] ?? [] }
    if isNew { return [] }
    let statement = try RawStatement(
      db, "SELECT id FROM embedding WHERE identity_id = ? AND embedder_id = ? AND source = ? ORDER BY id")
    try statement.bind(identity, at: 1)
    try statement.bind(embedder.id, at: 2)
    try statement.bind(source, at: 3)
    var ids: [Int64] = []
    while try statement.step() { ids.append(statement.integer(0)) }
    return ids
  }

  /// Says that `id` is now the one embedding of `identity` from `source`.
  mutating func keep(_ id: Int64, _ source: String, of identity: Int64) {
    known[identity]?[Array(source.utf8)] = [id]
  }

  private func lookThrough(
    _ identity: Int64, for wanted: Set<[UInt8]>, in db: Database
  ) throws -> [[UInt8]: [Int64]] {
    let statement = try RawStatement(
      db,
      "SELECT id, source FROM embedding WHERE identity_id = ? AND embedder_id = ? AND source IS NOT NULL ORDER BY id")
    try statement.bind(identity, at: 1)
    try statement.bind(embedder.id, at: 2)
    var found: [[UInt8]: [Int64]] = [:]
    while try statement.step() {
      let source = Array(statement.rawBytes(1))
      if wanted.contains(source) { found[source, default: []].append(statement.integer(0)) }
    }
    return found
  }
}
