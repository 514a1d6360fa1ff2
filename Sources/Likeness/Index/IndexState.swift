import HNSW

/// What an index knows, and the position in the change log up to which that agrees with the rows.
struct IndexState: Sendable {
  /// The embedder whose vectors are indexed.
  var embedder: EmbedderRow
  var graph: HNSWIndex
  var overlay = Overlay()
  /// The last change that graph and overlay together reflect.
  var position: Int64
  /// The schema under which the change log was last found complete.
  var schemaCookie: Int64
  /// The highest embedding id at that position.
  var highest: Int64
  /// The embeddings that can be found.
  var searchable: Set<Int64> = []
  /// The embeddings that cannot, and why.
  var faults: [Int64: VectorFault] = [:]
  /// Whether the triggers are as they should be; where not, every commit means comparing all rows.
  var logIsTrusted = true
  /// Whether an answer found a row otherwise than the index has it.
  var isSuspect = false
  /// How many searches are under way at each position.
  var openViews: [Int64: Int] = [:]

  /// Takes up what the row of `id` is now.
  mutating func apply(id: Int64, sequence: Int64, _ row: RowVector) {
    switch row {
    case .vector(let vector):
      searchable.insert(id)
      faults[id] = nil
      overlay.append(id: id, Pending(sequence: sequence, vector: vector))
    case .fault(let fault):
      faults[id] = fault
      if searchable.remove(id) != nil { overlay.append(id: id, Pending(sequence: sequence, vector: nil)) }
    case .gone:
      faults[id] = nil
      if searchable.remove(id) != nil { overlay.append(id: id, Pending(sequence: sequence, vector: nil)) }
    }
  }
}

/// What a row of `embedding` means to an index.
enum RowVector: Sendable {
  case vector([Float])
  case fault(VectorFault)
  case gone
}
