import CKernels
import Synchronization

/// What searches and the writer share: the nodes, their codes, the entry point, the counts.
///
/// `@unchecked Sendable`: nodes are raw memory. What a search may read of a node is written before a link to it is
/// stored with release order, and not written again until ``Reclamation`` knows that no search can reach it; links
/// themselves are atomic, and the codes of a row are read under its version.
final class Graph: @unchecked Sendable {
  /// Where searches begin: a node of the highest level.
  struct Entry {
    var slot: Slot
    var level: Int
  }

  let memory: NodeMemory
  let storage: NodeStorage
  let space: Space
  let metric: Metric
  let scratches: ScratchPool
  let reclamation: Reclamation
  let codeKernels: ck_code_kernels
  let beacons = Beacons()
  private let entryBits = Atomic<UInt64>(.max)
  private let startLimitBits = Atomic<UInt32>(Float.infinity.bitPattern)
  private let usualEfBits = Atomic<Int>(Graph.leastUsualEf)
  private let codesBits = Atomic<UnsafeRawPointer?>(nil)
  /// Live nodes.
  let count = Atomic<Int>(0)
  /// All slots ever used are below.
  let slotEnd = Atomic<Int>(0)

  init(
    dimension: Int, metric: Metric, M: Int, kernels: ck_kernels, codeKernels: ck_code_kernels, vectors: VectorPlace
  ) {
    storage = NodeStorage(dimension: dimension, M: M, vectors: vectors)
    memory = storage.memory
    self.metric = metric
    self.codeKernels = codeKernels
    space = Space(metric: metric, stride: memory.stride, kernels: kernels)
    scratches = ScratchPool(memory: memory)
    reclamation = Reclamation(scratches: scratches)
  }

  var entry: Entry? {
    let bits = entryBits.load(ordering: .acquiring)
    return bits == .max ? nil : Entry(slot: UInt32(truncatingIfNeeded: bits), level: Int(bits >> 32))
  }

  func setEntry(_ entry: Entry?) {
    let bits = entry.map { UInt64($0.level) << 32 | UInt64($0.slot) } ?? .max
    entryBits.store(bits, ordering: .releasing)
  }

  /// From which key on the start of a search is mistrusted, divided by what all keys of the query have in common; infinite where
  /// none is (`GraphWriter+Starts.swift`).
  var startLimit: Float {
    get { Float(bitPattern: startLimitBits.load(ordering: .relaxed)) }
    set { startLimitBits.store(newValue.bitPattern, ordering: .relaxed) }
  }

  /// The ef of a search of ten that names none, or of a few more: with it most of the nearest are found here
  /// (`GraphWriter+Effort.swift`); nil where comparing everything is what finds them.
  var usualEf: Int? {
    get {
      let ef = usualEfBits.load(ordering: .relaxed)
      return ef == .max ? nil : ef
    }
    set { usualEfBits.store(newValue ?? .max, ordering: .relaxed) }
  }

  /// The usual ef where it is not known better.
  static let leastUsualEf = 64

  /// The codes that searches use now; nil while there are too few vectors to learn a projection from. Valid as long as the
  /// caller's search is registered with ``Reclamation``: the writer keeps them until then.
  var codes: Unmanaged<Codes>? {
    codesBits.load(ordering: .acquiring).map { Unmanaged.fromOpaque($0) }
  }

  /// The codes that are searched by, with the query of the scratch projected; nil while there is no graph.
  func prepareCodes(_ scratch: Scratch) -> CodeMemory? {
    codes?._withUnsafeGuaranteedRef { codes in
      scratch.prepare(codes)
      return codes.memory
    }
  }

  /// Whether these are the codes that searches use now. An entry point read before is then known to them: one that is not
  /// is set after other codes were published.
  @inline(__always)
  func isCurrent(_ memory: CodeMemory) -> Bool {
    codes?._withUnsafeGuaranteedRef { $0.memory.chunks == memory.chunks } ?? false
  }

  /// The writer keeps the object alive.
  func publish(_ codes: Codes?) {
    codesBits.store(codes.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) }, ordering: .releasing)
  }
}
