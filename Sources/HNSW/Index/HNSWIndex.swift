import CKernels
import Locks
import Synchronization

/// Finds the nearest of many vectors without looking at all of them.
///
///     let index = try HNSWIndex(dimension: 128, metric: .euclidean)
///     try index.add(vector, id: 1)
///     let answer = try index.search(query, k: 10)
///
/// ## The graph
///
/// A hierarchical navigable small world graph (Malkov & Yashunin, *Efficient and robust approximate nearest neighbor
/// search using Hierarchical Navigable Small World graphs*, 2018, arXiv 1603.09320). Every vector is a node of level 0
/// and is linked to up to 2 M others there: near ones, chosen so that no two lead the same way. Of M nodes, one
/// is on level 1 too, of M of those one on level 2, and so on, linked there to up to M nodes of that level: the long
/// ways.
///
/// ## The codes
///
/// A walk does not read the vectors. From a sample of them the index learns in which few directions near vectors differ
/// (``Projection``), and keeps for every node, in one block of memory (``CodeMemory``): its coordinates in those directions as int8,
/// the *node code*; and the differences to each of its neighbours in 4 bits a coordinate, the *edge codes*. One pass over a block
/// estimates how far all neighbours are from the query.
///
/// ## A query
///
/// 1. The query is checked, copied into a ``Scratch``, of unit length under cosine (``Space``), and projected.
/// 2. From the entry point, a node of the highest level, each level is walked to the nearest node by going to the
///    nearest neighbour as long as there is a nearer one (`Graph.approach`). Where the collection falls into clusters that
///    this may miss, a start farther off than starts are is sought once more with a wide beam (`Graph.start`).
/// 3. On level 0 a ``CandidatePool`` keeps the `ef` nearest nodes seen. The nearest one not yet expanded is taken; its node
///    code says how near it really is; from its edge codes all its neighbours are estimated, and those near enough enter
///    the pool; until all of the pool is expanded (`Graph.search`).
/// 4. The expanded nodes are compared with the query exactly, nearest by code first, until those left are farther than the
///    k-th by more than codes err (`Graph.exactHits`). Which `ef` does, where none is named, was measured while building
///    (`GraphWriter.measureEffort`). Where the graph cannot give k, or comparing everything is
///    cheaper, `Graph.scan` does that (``SearchCosts``). Every distance in an answer is that of the float32 vectors.
///
/// A query may be restricted to some ids (`HNSWIndex+Filter.swift`), ask for all within a distance
/// (`HNSWIndex+Range.swift`), or for a recall instead of an ef (`HNSWIndex+Recall.swift`):
///
///     let some = try index.search(query, k: 10) { $0 % 2 == 0 }
///     let few = try index.search(query, k: 10, where: [1, 5, 8])
///     let near = try index.search(query, within: 0.6)
///     let good = try index.search(query, k: 10, recall: 0.98)
///     let many = try index.search(batch: queries, k: 10)
///
/// ## Changes
///
/// New nodes are linked in rounds (`GraphWriter.link`): each searches the graph as it was before the round, with
/// `efConstruction` for ef, chooses diverse neighbours and fills its row with the nearest of the others; then those it chose
/// take it into their rows. A single vector is a round of one; those of a short round are compared with each other, too; many are
/// linked in growing rounds by all threads, in an order of chance, and once more with the whole graph to choose from. Removing leaves a ghost, which answers nothing but is walked through, until
/// there are many and one sweep mends all rows (`GraphWriter.sweep`); a slot is used again once no search can reach it
/// (``Reclamation``). The projection is learned anew when the collection has grown eightfold.
///
/// ## Threads
///
/// Any number of threads may search while others add, update and remove; those take turns. A search takes no lock and
/// waits for nobody. It sees each node whole or not at all: every hit is a vector that was in the index at some time
/// during the search, at its exact distance. What is added or removed before a search begins is seen by it.
///
/// The same parameters and the same operations in the same order make the same graph, byte for byte, on any number of
/// threads, as long as no search runs at the moment of a sweep (it may delay the reuse of a slot).
public final class HNSWIndex: Sendable {
  /// Values in each vector.
  public let dimension: Int
  /// How vectors are compared.
  public let metric: Metric
  /// How the graph is built.
  public let parameters: Parameters

  let graph: Graph
  let writer: Locked<GraphWriter>
  let table: Locked<SlotTable>
  /// Odd while an update has both the old and the new vector of an id in the graph.
  let updates = Atomic<Int>(0)
  /// Vectors added and removed so far, counted when that is done.
  let changes = Atomic<Int>(0)
  /// What searches asked for recall have learned, by k; and the turn to measure.
  let curves = Locked<[Int: KnownCurve]>([:])
  let measuring = Locked(Turn())
  /// Tells it from every other index of the process, also from those that are gone.
  let serial = HNSWIndex.serials.wrappingAdd(1, ordering: .relaxed).newValue
  private static let serials = Atomic<UInt64>(0)

  /// An empty index.
  ///
  /// - Throws: ``IndexError/invalidParameter(_:)`` for a dimension outside 1…65,536 or parameters outside their ranges.
  public convenience init(dimension: Int, metric: Metric, parameters: Parameters = .init()) throws {
    try self.init(
      dimension: dimension, metric: metric, parameters: parameters, kernels: ck_best_kernels().pointee)
  }

  /// An index that compares with these kernels.
  package init(
    dimension: Int, metric: Metric, parameters: Parameters, kernels: ck_kernels,
    codeKernels: ck_code_kernels = ck_best_code_kernels().pointee
  ) throws {
    try parameters.validate()
    guard (1...65_536).contains(dimension) else {
      throw IndexError.invalidParameter("the dimension is \(dimension): choose 1 to 65536")
    }
    self.dimension = dimension
    self.metric = metric
    self.parameters = parameters
    let vectors: VectorPlace =
      switch parameters.vectors {
      case .memory: VectorPlace()
      case .file(let folder): try VectorPlace(folder: folder)
      }
    let graph = Graph(
      dimension: dimension, metric: metric, M: parameters.M, kernels: kernels, codeKernels: codeKernels,
      vectors: vectors)
    self.graph = graph
    writer = Locked(GraphWriter(graph: graph, parameters: parameters))
    table = Locked(SlotTable(memory: graph.memory))
  }

  /// Vectors in the index.
  public var count: Int { graph.count.load(ordering: .relaxed) }

  /// Whether a vector is in the index under this id.
  public func contains(id: Int64) -> Bool {
    table.withLock { $0[id] != nil }
  }

  /// The vector of an id as it was given; under cosine scaled to unit length. nil if the id is not in the index.
  public func vector(id: Int64) -> [Float]? {
    table.withLock { table in
      table[id].map { Array(UnsafeBufferPointer(start: graph.memory.vector($0), count: dimension)) }
    }
  }

  /// Checks a vector as ``add(_:id:)-(UnsafeBufferPointer<Float>,_)`` would.
  ///
  /// - Throws: ``IndexError`` saying what is wrong with it.
  public func validate(_ vector: UnsafeBufferPointer<Float>) throws {
    try graph.space.norm(of: vector, dimension: dimension)
  }

  /// The distance of a stored vector from a query, in the metric's own unit; nil if the id is not in the index.
  ///
  /// - Throws: ``IndexError`` for a query of the wrong dimension, with NaN or infinity, or zero under cosine.
  public func distance(from query: [Float], to id: Int64) throws -> Float? {
    try graph.reclamation.reading { scratch in
      try query.withUnsafeBufferPointer { try graph.space.prepare($0, dimension: dimension, into: scratch.query) }
      // A search's protection: the slot may be removed meanwhile, but not used again.
      return table.withLock { $0[id] }.map {
        graph.space.distance(ofKey: graph.space.key(scratch.query, graph.memory.vector($0)))
      }
    }
  }
}
