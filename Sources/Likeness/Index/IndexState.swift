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
  /// How many embeddings can be found.
  var searchable = 0
  /// The embeddings that cannot, and why.
  var faults: [Int64: VectorFault] = [:]
  /// Whether the triggers are as they should be; where not, every commit means comparing all rows.
  var logIsTrusted = true
  /// Whether the index may have a row otherwise than it is: an answer found one, or somebody wrote and the log does not
  /// say what.
  var isSuspect = false
  /// The commits of others that the index has been told of; nil where it is not known which.
  var strangeCommits: StrangeCommits? = StrangeCommits()
  /// What others wrote and the log may not say, until the rows there were looked at.
  var doubts = Doubts()
  /// The changes that the graph had seen when it was last saved; nil where no snapshot holds it.
  var savedChanges: Int?
  /// Another number whenever the index became another, or came to agree with other rows.
  var generation = 0
  /// How many searches are under way at each position.
  var openViews: [Int64: Int] = [:]

  /// Whether a search can find this embedding. Whatever is in the overlay counts more than the graph.
  func isSearchable(_ id: Int64) -> Bool {
    if let pending = overlay[id] { return pending.vector != nil }
    return graph.contains(id: id)
  }

  /// Takes up what the row of `id` is now.
  mutating func apply(id: Int64, sequence: Int64, _ row: RowVector) {
    let isKnown = isSearchable(id)
    if case .vector(let vector) = row {
      if !isKnown { searchable += 1 }
      faults[id] = nil
      overlay.append(id: id, Pending(sequence: sequence, vector: vector))
      return
    }
    if case .fault(let fault) = row { faults[id] = fault } else { faults[id] = nil }
    if isKnown {
      searchable -= 1
      overlay.append(id: id, Pending(sequence: sequence, vector: nil))
    }
  }
}

/// Where the log of changes may not say all that others did.
struct Doubts: Sendable {
  /// All rows that they changed are on pages whose first and last ids these are.
  var ids: [ClosedRange<Int64>] = []
  /// Whether they may have changed rows elsewhere: their number is compared at once, and all of them soon.
  var isEverywhere = false

  var isEmpty: Bool { ids.isEmpty && !isEverywhere }
}

/// What a row of `embedding` means to an index.
enum RowVector: Sendable {
  case vector([Float])
  case fault(VectorFault)
  case gone
}
