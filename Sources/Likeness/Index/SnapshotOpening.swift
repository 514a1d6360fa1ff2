import Dispatch
import Files
import Foundation
import GRDB
import HNSW
import Locks

/// Makes an index of a snapshot and the rows.
///
/// The snapshot has the graph, the rows have the vectors: every row is read, and each vector is compared with the one that
/// the graph was built from. What differs is taken up like any other change, whoever made it, whether the change log
/// knows of it or not: a row changed while triggers were off, a backup restored over the gallery, a log that was
/// pruned. Where too much differs, building anew is quicker.
struct SnapshotOpening {
  typealias Read = @Sendable (_ body: (Database) throws -> Bool) throws -> Bool

  let configuration: GalleryConfiguration
  /// The gallery's path.
  let path: String
  let file: SnapshotFile

  /// An index from the snapshot, and whether there are vectors in that which the rows do not have any more; nil where no
  /// snapshot is.
  ///
  /// - Throws: `SnapshotRefusal` where an index has to be built from the rows; what `read` throws.
  func open(read: @escaping Read) throws -> (state: IndexState, holdsRemoved: Bool)? {
    guard file.exists, !DatabaseFiles.contain(file.path) else { return nil }
    let snapshot = try IndexSnapshot(path: file.path)
    var opened: (state: IndexState, rows: Int)?
    _ = try read { db in
      opened = try check(snapshot, db)
      return true
    }
    guard let opened else { throw SnapshotRefusal("the gallery has no embedder") }
    let (rows, embedder) = (opened.rows, opened.state.embedder)

    let loading = try load(snapshot)
    let findings = Locked(Findings())
    let work = Locked(Work(tasks: tasks(loading, rows: rows)))
    let most = max(100, rows / 4)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while let task = work.withLock({ $0.next() }) {
        do {
          switch task {
          case .piece(let piece): try loading.readPiece(piece)
          case .rows(let ids):
            let found = try takeRows(ids, embedder, into: loading, most: most, read: read)
            let count = findings.withLock { findings in
              findings.add(found)
              return findings.changes.count
            }
            if count > most { throw Self.tooMuch }
          }
        } catch {
          work.withLock { $0.stop(error) }
        }
      }
    }
    if let error = work.withLock({ $0.error }) { throw error }
    let (graph, missing) = try loading.finish()
    let found = findings.withLock { $0 }
    guard missing.count + found.changes.count <= most else { throw Self.tooMuch }

    var state = opened.state
    state.graph = graph
    state.searchable = graph.count
    for id in missing { state.apply(id: id, sequence: state.position, .gone) }
    for change in found.changes { state.apply(id: change.id, sequence: state.position, change.row) }
    for (id, fault) in found.faults { state.apply(id: id, sequence: state.position, .fault(fault)) }
    state.savedChanges = graph.changeCount
    return (state, !missing.isEmpty || found.holdsOther)
  }

  private static let tooMuch = SnapshotRefusal("the rows have become others: it is of another gallery, or long ago")

  private var threads: Int { min(max(configuration.threads ?? HNSWIndex.Parameters().threads, 1), 8) }

  /// What the gallery is now, if the snapshot can be of it.
  private func check(_ snapshot: IndexSnapshot, _ db: Database) throws -> (IndexState, Int)? {
    let head = try Head.current(db, last: nil)
    guard let embedder = head.embedder else { return nil }
    guard let label = try? SnapshotLabel(decoding: snapshot.label) else {
      throw SnapshotRefusal("it does not say whose it is")
    }
    let own = try SnapshotLabel(embedder: embedder, sequence: head.sequence, in: db)
    guard label.embedder == own.embedder, label.sha256 == own.sha256, snapshot.dimension == embedder.dimension,
      snapshot.metric == embedder.metric
    else { throw SnapshotRefusal("it is of another embedder's vectors") }
    guard label.sequence <= head.sequence else {
      throw SnapshotRefusal(
        "it holds changes up to \(label.sequence), the rows are at \(head.sequence): "
          + "an older state of the gallery was put in its place")
    }
    let rows = Int(try db.integer("SELECT count(*) FROM embedding"))
    // Before anything is reserved for them.
    guard snapshot.slots <= 2 * rows + 4_096 else { throw Self.tooMuch }
    let state = IndexState(
      embedder: embedder, graph: try HNSWIndex(dimension: embedder.dimension, metric: embedder.metric),
      position: head.sequence, schemaCookie: head.schemaCookie, highest: head.highest,
      logIsTrusted: try ExpectedSchema.missingTriggers(in: db).isEmpty)
    return (state, rows)
  }

  private func load(_ snapshot: IndexSnapshot) throws -> LoadingIndex {
    try configuration.withParameters(dimension: snapshot.dimension, galleryAt: path) {
      try snapshot.load(parameters: $0)
    }
  }

  // MARK: Work for all threads

  private enum Task {
    case piece(Int)
    case rows(ClosedRange<Int64>)
  }

  private struct Work {
    var tasks: [Task]
    var error: (any Error)?

    mutating func next() -> Task? { tasks.popLast() }

    mutating func stop(_ error: any Error) {
      if self.error == nil { self.error = error }
      tasks = []
    }
  }

  private struct Findings {
    var changes: [RowChange] = []
    var faults: [(id: Int64, fault: VectorFault)] = []
    /// Whether the snapshot has codes of a vector that is in no row.
    var holdsOther = false

    mutating func add(_ others: Findings) {
      changes += others.changes
      faults += others.faults
      holdsOther = holdsOther || others.holdsOther
    }
  }

  /// Pieces and rows by turns, so that threads share the disk and the processors; taken from the end, where the longest
  /// piece is, that of the upper levels.
  private func tasks(_ loading: LoadingIndex, rows: Int) -> [Task] {
    let pieces = (0..<loading.pieces).map { Task.piece($0) }
    // Ids of the snapshot, that ranges of them have about as many rows each.
    let parts = max(1, min(rows / 8_192, 64))
    let sample = loading.ids(every: max(1, rows / 4_096)).sorted()
    var bounds: [Int64] = []
    for part in 1..<max(parts, 1) where !sample.isEmpty {
      let bound = sample[part * sample.count / parts]
      if bound > bounds.last ?? .min { bounds.append(bound) }
    }
    var ranges: [Task] = []
    var from = Int64.min
    for bound in bounds {
      ranges.append(.rows(from...bound - 1))
      from = bound
    }
    ranges.append(.rows(from...Int64.max))
    var tasks: [Task] = []
    for i in 0..<max(pieces.count, ranges.count) {
      if i < pieces.count { tasks.append(pieces[i]) }
      if i < ranges.count { tasks.append(ranges[i]) }
    }
    return tasks.reversed()
  }

  /// Gives the index the vectors of a range of rows.
  private func takeRows(
    _ ids: ClosedRange<Int64>, _ embedder: EmbedderRow, into loading: LoadingIndex, most: Int, read: Read
  ) throws -> Findings {
    var found = Findings()
    _ = try read { db in
      let rows = try RawStatement(
        db, "SELECT id, embedder_id, vector FROM embedding WHERE id BETWEEN ? AND ? ORDER BY id")
      try rows.bind(ids.lowerBound, at: 1)
      try rows.bind(ids.upperBound, at: 2)
      var last: Int64?
      var hint: UInt32 = 0
      while try rows.step() {
        let id = try rows.id(0, after: last)
        last = id
        if rows.integer(1) == embedder.id, let blob = rows.blob(2), blob.count == 4 * embedder.dimension {
          switch loading.take(blob, id: id, hint: &hint) {
          case .same: continue
          case .changed: found.holdsOther = true
          case .unknown, .refused: break
          }
        }
        switch RowVector(rows, embedderAt: 1, vectorAt: 2, embedder: embedder) {
        case .fault(let fault): found.faults.append((id, fault))
        case let row: found.changes.append(RowChange(id: id, sequence: 0, row: row))
        }
        if found.changes.count > most { throw Self.tooMuch }
      }
      return true
    }
    return found
  }
}
