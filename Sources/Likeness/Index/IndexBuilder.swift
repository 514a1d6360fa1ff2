import GRDB
import HNSW

/// Builds an index from the rows.
struct IndexBuilder {
  let configuration: GalleryConfiguration
  /// The gallery's path.
  let path: String

  /// How many rows are linked at once: 128 MB of vectors at most, and no more than 262,144.
  ///
  /// The more the better: each piece is linked twice, the second time with the whole piece to choose from, and the first
  /// is what the projection is learned from. But until it is linked, a piece is in memory twice.
  private static func piece(_ dimension: Int) -> Int { max(1, min(262_144, 33_554_432 / dimension)) }

  /// An index of all rows; nil where there is no embedder yet.
  ///
  /// The rows are read in many short transactions, so that a long build keeps no pages of the write-ahead log in use;
  /// `read` runs one transaction. Commits meanwhile are in the change log behind the position that was read first,
  /// and taking a row up twice does no harm.
  func build(
    read: (_ body: (Database) throws -> Bool) throws -> Bool, progress: ((GalleryProgress) throws -> Void)? = nil
  ) throws -> IndexState? {
    var state: IndexState?
    var total = 0
    _ = try read { db in
      let head = try Head.current(db, last: nil)
      guard let embedder = head.embedder else { return false }
      total = Int(try db.integer("SELECT count(*) FROM embedding"))
      state = IndexState(
        embedder: embedder, graph: try configuration.makeIndex(for: embedder, galleryAt: path),
        position: head.sequence, schemaCookie: head.schemaCookie, highest: head.highest)
      state?.logIsTrusted = try ExpectedSchema.missingTriggers(in: db).isEmpty
      return true
    }
    guard var state else { return nil }

    // Pieces of about one size: a small last one would be linked less well.
    let most = Self.piece(state.embedder.dimension)
    let pieces = max(1, (total + most - 1) / most)
    var batch = VectorBatch(dimension: state.embedder.dimension, capacity: max(1, (total + pieces - 1) / pieces))
    var last: Int64?
    var completed = 0
    var hasMore = true
    try progress?(GalleryProgress(completed: 0, total: total))
    while hasMore {
      batch.removeAll()
      while hasMore, !batch.isFull {
        hasMore = try read { db in try readRows(db, after: &last, into: &state, &batch) }
      }
      try state.graph.add(contentsOf: batch.rows, ids: batch.ids) { count in
        try progress?(GalleryProgress(completed: completed + count, total: max(total, completed + count)))
      }
      completed += batch.ids.count
    }
    try progress?(GalleryProgress(completed: completed, total: completed))
    return state
  }

  /// Reads the next rows' sound vectors into `batch` as far as there is room, blobs copied straight; false when there
  /// were no more rows.
  private func readRows(
    _ db: Database, after last: inout Int64?, into state: inout IndexState, _ batch: inout VectorBatch
  ) throws -> Bool {
    if last == .max { return false }
    let embedder = state.embedder
    let rows = try RawStatement(
      db, "SELECT id, embedder_id, vector FROM embedding WHERE id >= ? ORDER BY id LIMIT ?")
    try rows.bind(last.map { $0 + 1 } ?? .min, at: 1)
    try rows.bind(Int64(min(VectorBatch.step(embedder.dimension), batch.capacity - batch.ids.count)), at: 2)
    var hasMore = false
    while try rows.step() {
      hasMore = true
      let id = try rows.id(0, after: last)
      last = id
      if rows.integer(1) != embedder.id {
        state.faults[id] = .otherEmbedder(rows.integer(1))
        continue
      }
      let blob = rows.blob(2)
      if let fault = VectorFault.find(inRow: blob, embedder: embedder) {
        state.faults[id] = fault
        continue
      }
      guard let blob else { continue }
      do {
        try batch.append(blob, id: id) { try state.graph.validate($0) }
        state.searchable += 1
      } catch {
        state.faults[id] = .refused("\(error)")
      }
    }
    return hasMore
  }
}
