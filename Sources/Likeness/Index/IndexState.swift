import HNSW
import Synchronization

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
  /// Another number whenever the index was brought to a snapshot.
  var generation = IndexState.nextGeneration()
  /// Whether the index may have a row otherwise than it is: an answer found one, or somebody wrote and the log does not
  /// say what.
  var isSuspect = false
  /// The commits of others that the index has been told of; nil where it is not known which.
  var strangeCommits: StrangeCommits? = StrangeCommits()
  /// What others wrote and the log may not say, until the rows there were looked at.
  var doubts = Doubts()
  /// The changes that the graph had seen when it was last saved; nil where no snapshot holds it.
  var savedChanges: Int?
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

  /// Whether the index agrees with a snapshot of the rows as it is, nothing read of it but the head.
  func agrees(with head: Head) -> Bool {
    // Where the log is not to be trusted, positions say nothing: then it has to be as this head's reader has left it.
    position == head.sequence && highest == head.highest && schemaCookie == head.schemaCookie && !isSuspect
      && embedder == head.embedder && (logIsTrusted || generation == head.generation)
  }

  static func nextGeneration() -> Int { generations.wrappingAdd(1, ordering: .relaxed).newValue }
  private static let generations = Atomic<Int>(0)
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
