import GRDB
import HNSW

/// Looks whether the index is the rows, in one snapshot of them.
struct IndexCheck {
  let path: String
  let db: Database
  let view: IndexView
  /// Up to how many vectors every one is compared, so that nothing is linked.
  var exactBelow: Int { view.graph.parameters.exactBelow }

  /// Compares every sound row with what the index has under its id, both ways; values to the last bit, but for the
  /// scaling to length one under cosine.
  func equality(_ sound: [Int64]) throws -> Verification.Check {
    var check = Verification.Check("index")
    let mend = "likeness rebuild \(path); a program that has it open compares all rows at its next query"
    let pending = view.overlay.entries
    let row = try RawStatement(db, "SELECT vector FROM embedding WHERE id = ?")
    var expected = 0
    for id in sound {
      row.reset()
      try row.bind(id, at: 1)
      guard try row.step(), let blob = row.blob(0), blob.count == 4 * view.embedder.dimension else { continue }
      expected += 1
      // What waits beside the graph is as the row has it.
      let (indexed, metric): ([Float]?, Metric) =
        pending[id].map { ($0.vector, .euclidean) } ?? (view.graph.vector(id: id), view.embedder.metric)
      guard let indexed else {
        check.add(
          "\(RowCheck.subject(id, in: db)) is not in the index", table: "embedding", row: id, mend: mend)
        continue
      }
      if !Self.agree(indexed, blob, metric) {
        check.add(
          "\(RowCheck.subject(id, in: db)) has another vector in the index than in its row", table: "embedding",
          row: id,
          mend: mend)
      }
    }
    // Each sound row is in it; if the numbers agree as well, nothing else is.
    let live = view.graph.count - pending.keys.count { view.graph.contains(id: $0) }
    let count = live + pending.values.count { $0.vector != nil }
    if count != expected {
      check.add("the index holds \(count) vectors, and \(expected) rows are sound", mend: mend)
    }
    if view.searchable != expected {
      check.add("the index counts \(view.searchable) vectors to be found, and \(expected) rows are sound", mend: mend)
    }
    return check.concluded(
      "each of the \(expected) sound vectors is in the index as its row has it, and nothing else is",
      { "the index and the rows disagree in \(counted($0, "place"))" })
  }

  /// The graph's own invariants.
  func graph() -> Verification.Check {
    var check = Verification.Check("graph")
    do {
      try view.graph.checkInvariants()
    } catch {
      check.add("the graph is broken: \(error)", mend: "likeness rebuild \(path)")
    }
    return check.concluded(
      view.graph.count <= exactBelow
        ? "nothing is linked below \(exactBelow) vectors: every one is compared"
        : "links, levels and codes of \(view.graph.count) nodes are as they must be",
      { _ in "the graph is broken" })
  }

  static func agree(_ indexed: [Float], _ row: UnsafeRawBufferPointer, _ metric: Metric) -> Bool {
    guard 4 * indexed.count == row.count else { return false }
    var squares = 0.0
    if metric == .cosine {
      for index in indexed.indices {
        let value = Double(row.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
        squares += value * value
      }
    }
    let length = metric == .cosine ? squares.squareRoot() : 1
    for index in indexed.indices {
      let value = row.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
      if metric == .cosine {
        let scaled = Double(value) / length
        if abs(Double(indexed[index]) - scaled) > 2e-6 * abs(scaled) + 1e-9 { return false }
      } else if indexed[index] != value {
        return false
      }
    }
    return true
  }
}
