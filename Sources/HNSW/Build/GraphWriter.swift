import CKernels
import Synchronization

/// The one who changes the graph. Every method must be called by one thread at a time; inside, several may work.
///
/// `@unchecked Sendable`: ``HNSWIndex`` keeps it behind a mutex.
final class GraphWriter: @unchecked Sendable {
  let graph: Graph
  let parameters: HNSWIndex.Parameters
  let memory: NodeMemory
  let space: Space
  let scratch: Scratch
  /// Threads that may work at the same time.
  let threads: Int
  /// Insertions so far: with the seed, what levels are drawn from.
  var insertions = 0
  /// The codes that the graph has now, and their memory per thread.
  var codes: Codes?
  var drafts: [EdgeDraft] = []
  /// Nodes added and removed since it was last seen what searches find (`GraphWriter+Look.swift`).
  var changesSinceLook = 0
  /// The insertions there had been when ``Graph/usualEf`` was measured (`GraphWriter+Effort.swift`).
  var effortMeasuredAt = 0
  /// Codes that searches may still be using.
  var retiredCodes: [(codes: Codes, epoch: UInt64)] = []
  /// Removed nodes that rows still lead through (`GraphWriter+Remove.swift`).
  var ghosts: [Slot] = []

  init(graph: Graph, parameters: HNSWIndex.Parameters) {
    self.graph = graph
    self.parameters = parameters
    memory = graph.memory
    space = graph.space
    scratch = Scratch(memory: graph.memory)
    threads = parameters.threads
  }

  /// The highest level of the next node: geometric with ratio 1/M, as −ln(uniform) / ln(M) of the paper.
  private func drawLevel() -> Int {
    insertions += 1
    let random = mixed(parameters.seed ^ mixed(UInt64(insertions)))
    var level = 0
    // Each digit of the random number in base M is zero with probability 1/M.
    var rest = random
    while level < NodeMemory.highestLevel, rest % UInt64(memory.M) == 0, rest > 0 {
      rest /= UInt64(memory.M)
      level += 1
    }
    return level
  }

  /// Makes room for so many new nodes, so that making them cannot fail for want of memory or disk.
  func reserve(_ count: Int) throws(IndexError) {
    while graph.storage.capacity - graph.slotEnd.load(ordering: .relaxed) < count {
      guard graph.storage.capacity < graph.storage.limit else { return }
      try graph.storage.grow()
    }
  }

  /// A slot for a new node, its vector and id written, its rows empty, not yet reachable but by a scan.
  func makeNode(row: UnsafePointer<Float>, id: Int64) throws(IndexError) -> Slot {
    let slot: Slot
    if let reclaimed = graph.reclamation.reclaim() {
      slot = reclaimed
      graph.storage.releaseLinks(slot)
    } else {
      let end = graph.slotEnd.load(ordering: .relaxed)
      if end == graph.storage.capacity {
        guard end < graph.storage.limit else { throw .full(limit: graph.storage.limit) }
        try graph.storage.grow()
      }
      slot = UInt32(end)
    }
    memory.vector(slot).update(from: row, count: memory.stride)
    memory.id(slot).pointee = id
    graph.storage.makeLinks(slot, level: drawLevel())
    memory.live(slot).pointee.store(1, ordering: .releasing)
    if Int(slot) == graph.slotEnd.load(ordering: .relaxed) {
      graph.slotEnd.store(Int(slot) + 1, ordering: .releasing)
    }
    graph.count.add(1, ordering: .relaxed)
    return slot
  }

  /// The nodes of the index, in the order of their slots.
  var liveSlots: [Slot] {
    (0..<UInt32(graph.slotEnd.load(ordering: .relaxed))).filter { memory.isLive($0) }
  }

  /// The neighbours of a node on a level.
  func neighbours(_ slot: Slot, _ level: Int) -> [Slot] {
    let row = memory.row(slot, level: level)
    var result: [Slot] = []
    result.reserveCapacity(memory.capacity(level: level))
    for i in 0..<memory.capacity(level: level) {
      let neighbour = row[i].load(ordering: .relaxed)
      if neighbour == NodeMemory.none { break }
      result.append(neighbour)
    }
    return result
  }
}
