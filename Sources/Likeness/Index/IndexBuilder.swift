import Foundation
import GRDB
import HNSW

/// Builds an index from the rows.
struct IndexBuilder {
  let configuration: GalleryConfiguration

  /// How many rows are read and added at once: 64 MB of vectors at most.
  private static func chunk(_ dimension: Int) -> Int { max(1, min(16_384, 16_777_216 / dimension)) }

  /// An index of all rows; nil where there is no embedder yet.
  ///
  /// The rows are read in many short transactions, so that a long build keeps no pages of the write-ahead log in use;
  /// `read` runs one transaction. Commits meanwhile are in the change log behind the position that was read first,
  /// and taking a row up twice does no harm.
  func build(
    read: (_ body: (Database) throws -> Bool) throws -> Bool, progress: ((GalleryProgress) -> Void)? = nil
  ) throws -> IndexState? {
    var state: IndexState?
    var total = 0
    _ = try read { db in
      let head = try Head.current(db, last: nil)
      guard let embedder = head.embedder else { return false }
      if progress != nil { total = Int(try db.integer("SELECT count(*) FROM embedding")) }
      state = IndexState(
        embedder: embedder,
        graph: try HNSWIndex(dimension: embedder.dimension, metric: embedder.metric, parameters: parameters),
        position: head.sequence, schemaCookie: head.schemaCookie, highest: head.highest)
      state?.logIsTrusted = try ExpectedTriggers.missing(in: db).isEmpty
      return true
    }
    guard var state else { return nil }

    var last = Int64.min
    var vectors: [Float] = []
    var ids: [Int64] = []
    var completed = 0
    progress?(GalleryProgress(completed: 0, total: total))
    while try read({ db in try readChunk(db, after: &last, into: &state, &ids, &vectors) }) {
      let done = completed
      let report = { count in
        progress?(GalleryProgress(completed: done + count, total: max(total, done + count))) ?? ()
      }
      do {
        try vectors.withUnsafeBufferPointer { try state.graph.add(contentsOf: $0, ids: ids, progress: report) }
      } catch {
        addSingly(vectors, ids, to: &state)
      }
      completed += ids.count
    }
    progress?(GalleryProgress(completed: completed, total: completed))
    return state
  }

  /// Adds what the graph takes of a chunk that it refused as a whole, and leaves out the rest.
  private func addSingly(_ vectors: [Float], _ ids: [Int64], to state: inout IndexState) {
    let dimension = state.embedder.dimension
    for (row, id) in ids.enumerated() where !state.graph.contains(id: id) {
      do {
        try state.graph.add(Array(vectors[row * dimension..<(row + 1) * dimension]), id: id)
      } catch {
        state.searchable.remove(id)
        state.faults[id] = .refused("\(error)")
      }
    }
  }

  private var parameters: HNSWIndex.Parameters {
    var parameters = HNSWIndex.Parameters()
    parameters.M = configuration.M
    parameters.efConstruction = configuration.efConstruction
    parameters.seed = configuration.seed
    if let exactBelow = configuration.exactBelow { parameters.exactBelow = exactBelow }
    return parameters
  }

  /// Reads the next rows' sound vectors into `vectors`, `[ids.count, dimension]`, blobs copied straight; false when
  /// there were no more rows.
  private func readChunk(
    _ db: Database, after last: inout Int64, into state: inout IndexState, _ ids: inout [Int64],
    _ vectors: inout [Float]
  ) throws -> Bool {
    let embedder = state.embedder
    ids.removeAll(keepingCapacity: true)
    vectors.removeAll(keepingCapacity: true)
    let rows = try RawStatement(
      db,
      "SELECT id, embedder_id, vector FROM embedding WHERE id > ? ORDER BY id LIMIT \(Self.chunk(embedder.dimension))")
    try rows.bind(last, at: 1)
    var count = 0
    while try rows.step() {
      count += 1
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
      let start = vectors.count
      vectors.append(contentsOf: repeatElement(0, count: embedder.dimension))
      vectors.withUnsafeMutableBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: bytes[(4 * start)...]).copyMemory(from: blob)
      }
      ids.append(id)
      state.searchable.insert(id)
    }
    return count > 0
  }
}
