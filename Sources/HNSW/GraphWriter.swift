import Synchronization

/// The one who changes the graph. Every method must be called by one thread at a time.
///
/// `@unchecked Sendable`: ``HNSWIndex`` keeps it behind a mutex.
final class GraphWriter: @unchecked Sendable {
  let graph: Graph
  let parameters: HNSWIndex.Parameters
  let memory: NodeMemory
  let space: Space
  let scratch: Scratch
  /// Insertions so far: with the seed, what levels are drawn from.
  private var insertions: UInt64 = 0

  init(graph: Graph, parameters: HNSWIndex.Parameters) {
    self.graph = graph
    self.parameters = parameters
    memory = graph.memory
    space = graph.space
    scratch = Scratch(memory: graph.memory)
  }

  /// The highest level of the next node: geometric with ratio 1/M, as −ln(uniform) / ln(M) of the paper.
  func drawLevel() -> Int {
    insertions += 1
    let random = mixed(parameters.seed ^ mixed(insertions))
    var level = 0
    // Each digit of the random number in base M is zero with probability 1/M.
    var rest = random
    while level < NodeMemory.highestLevel, rest % UInt64(memory.M) == 0, rest > 0 {
      rest /= UInt64(memory.M)
      level += 1
    }
    return level
  }

  /// A slot for a new node, its vector and id written, its rows empty, not yet reachable.
  func makeNode(row: UnsafePointer<Float>, id: Int64, level: Int) throws(IndexError) -> Slot {
    let slot: Slot
    if let reclaimed = graph.reclamation.reclaim() {
      slot = reclaimed
      graph.storage.releaseLinks(slot)
    } else {
      let end = graph.slotEnd.load(ordering: .relaxed)
      if end == graph.storage.capacity {
        guard end < graph.storage.limit else { throw .full(limit: graph.storage.limit) }
        graph.storage.grow()
      }
      slot = UInt32(end)
    }
    memory.vector(slot).update(from: row, count: memory.stride)
    memory.id(slot).pointee = id
    graph.storage.makeLinks(slot, level: level)
    memory.live(slot).pointee.store(1, ordering: .releasing)
    if Int(slot) == graph.slotEnd.load(ordering: .relaxed) {
      graph.slotEnd.store(Int(slot) + 1, ordering: .releasing)
    }
    graph.count.add(1, ordering: .relaxed)
    return slot
  }
}
