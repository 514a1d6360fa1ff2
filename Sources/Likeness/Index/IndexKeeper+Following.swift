import GRDB
import HNSW
import Synchronization

/// What became of one row.
struct RowChange: Sendable {
  var id: Int64
  var sequence: Int64
  var row: RowVector
}

extension IndexKeeper {
  /// What of the state decides how to follow.
  private struct Position {
    var embedder: EmbedderRow
    var sequence: Int64
    var schemaCookie: Int64
    var highest: Int64
    var logIsTrusted: Bool
    var isSuspect: Bool
  }

  /// Brings the index to the snapshot that `db` is in. Called with `following` held.
  func follow(_ db: Database, to head: Head, embedder: EmbedderRow) throws {
    let position = state.withLock { state in
      state.map {
        Position(
          embedder: $0.embedder, sequence: $0.position, schemaCookie: $0.schemaCookie, highest: $0.highest,
          logIsTrusted: $0.logIsTrusted, isSuspect: $0.isSuspect)
      }
    }
    guard let position, position.embedder == embedder else {
      // The embedder was registered since the index was built, or another gallery restored over this one.
      if let built = try IndexBuilder(configuration: configuration, path: path).build(read: { try $0(db) }) {
        report(built.faults.map { ($0.key, $0.value) }, embedder: built.embedder)
        publish(built)
      }
      return
    }
    if !position.isSuspect, position.logIsTrusted, position.schemaCookie == head.schemaCookie {
      var isThere = head.sequence == position.sequence && head.highest == position.highest
      if !isThere, head.sequence > position.sequence,
        let changes = try changesInLog(db, after: position.sequence, head: head, embedder: embedder)
      {
        take(changes, head: head, embedder: embedder, logIsTrusted: true)
        isThere = true
      }
      if isThere, try settleDoubts(db, highest: max(position.highest, head.highest)) { return }
    }
    let missing = try ExpectedSchema.missingTriggers(in: db)
    if !missing.isEmpty, position.logIsTrusted {
      configuration.logger.warning(
        """
        triggers are missing (\(missing.map(\.name).joined(separator: ", "))): every query after a commit compares all \
        rows; opening the gallery for writing puts them back
        """)
    }
    let changes = try differences(db, head: head, embedder: embedder)
    // They were about commits that the snapshot has.
    state.withLock { $0?.doubts = Doubts() }
    take(changes, head: head, embedder: embedder, logIsTrusted: missing.isEmpty)
  }

  private func take(_ changes: [RowChange], head: Head, embedder: EmbedderRow, logIsTrusted: Bool) {
    var faults: [(Int64, VectorFault)] = []
    for change in changes {
      if case .fault(let fault) = change.row { faults.append((change.id, fault)) }
    }
    report(faults, embedder: embedder)
    state.withLock { state in
      for change in changes { state?.apply(id: change.id, sequence: change.sequence, change.row) }
      // Connections that were in step before are so still where nothing became otherwise: without trusted triggers each
      // compares all rows after a commit, and would do so again after the others did.
      if let now = state,
        !changes.isEmpty || now.position != head.sequence || now.schemaCookie != head.schemaCookie
          || now.highest != head.highest || now.logIsTrusted != logIsTrusted
      {
        state?.generation = nextGeneration()
      }
      state?.position = head.sequence
      state?.schemaCookie = head.schemaCookie
      state?.highest = head.highest
      state?.logIsTrusted = logIsTrusted
      state?.isSuspect = false
    }
  }

  /// The rows that the log names after `position`, as they are now, in the order of their last change; nil where the
  /// log has a gap.
  private func changesInLog(
    _ db: Database, after position: Int64, head: Head, embedder: EmbedderRow
  ) throws -> [RowChange]? {
    let count = try RawStatement(db, "SELECT count(*) FROM change WHERE sequence > ?")
    try count.bind(position, at: 1)
    let (width, isTooWide) = head.sequence.subtractingReportingOverflow(position)
    guard try count.step(), !isTooWide, count.integer(0) == width else { return nil }

    let log = try RawStatement(
      db,
      "SELECT embedding_id, max(sequence) AS last FROM change WHERE sequence > ? GROUP BY embedding_id ORDER BY last")
    try log.bind(position, at: 1)
    let row = try RawStatement(db, "SELECT embedder_id, vector FROM embedding WHERE id = ?")
    var changes: [RowChange] = []
    while try log.step() {
      let id = log.integer(0)
      row.reset()
      try row.bind(id, at: 1)
      let vector = try row.step() ? RowVector(row, embedderAt: 0, vectorAt: 1, embedder: embedder) : .gone
      changes.append(RowChange(id: id, sequence: log.integer(1), row: vector))
    }
    return changes
  }

  /// Where the rows and the index disagree, by comparing all of them bit for bit. Nothing goes into the graph meanwhile.
  func differences(_ db: Database, head: Head, embedder: EmbedderRow) throws -> [RowChange] {
    comparisons.add(1, ordering: .relaxed)
    return try draining.withLock { _ in
      let known = state.withLock { state in
        state.map { (graph: $0.graph, pending: $0.overlay.entries, faults: $0.faults) }
      }
      guard let known else { return [] }
      var changes: [RowChange] = []
      var unseen = Set(known.faults.keys).union(known.pending.filter { $0.value.vector != nil }.keys)
      var comparison = IndexComparison(known.graph)
      let rows = try RawStatement(db, "SELECT id, embedder_id, vector FROM embedding ORDER BY id")
      var last: Int64?
      while try rows.step() {
        let id = try rows.id(0, after: last)
        last = id
        let pending = known.pending[id]
        if !unseen.isEmpty { unseen.remove(id) }
        if rows.integer(1) == embedder.id, let blob = rows.blob(2) {
          if let pending {
            comparison.note(id)
            if let vector = pending.vector, vector.withUnsafeBytes({ $0.elementsEqual(blob) }) { continue }
          } else if comparison.compare(blob, id: id) == .same {
            continue
          }
        } else {
          comparison.note(id)
        }
        let row = RowVector(rows, embedderAt: 1, vectorAt: 2, embedder: embedder)
        if case .fault(let fault) = row, known.faults[id] == fault { continue }
        changes.append(RowChange(id: id, sequence: head.sequence, row: row))
      }
      let gone = unseen.union(comparison.unseen().filter { known.pending[$0] == nil })
      for id in gone.sorted() { changes.append(RowChange(id: id, sequence: head.sequence, row: .gone)) }
      return changes
    }
  }
}

extension RowVector {
  /// What the row that `statement` stands on means to an index of `embedder`.
  init(_ statement: borrowing RawStatement, embedderAt: Int32, vectorAt: Int32, embedder: EmbedderRow) {
    let maker = statement.integer(embedderAt)
    if maker != embedder.id {
      self = .fault(.otherEmbedder(maker))
      return
    }
    let blob = statement.blob(vectorAt)
    if let fault = VectorFault.find(inRow: blob, embedder: embedder) {
      self = .fault(fault)
      return
    }
    self = .vector(
      [Float](unsafeUninitializedCapacity: embedder.dimension) { buffer, count in
        if let blob { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: blob) }
        count = embedder.dimension
      })
  }
}
