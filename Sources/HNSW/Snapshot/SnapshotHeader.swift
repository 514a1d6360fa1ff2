import CKernels

/// The first bytes of a snapshot: what it is of, and all numbers that say where things are in it.
///
/// 64 words of 8 bytes in the byte order of the machine that wrote them, the last a checksum of the others.
struct SnapshotHeader: Hashable {
  static let words = 64
  static let bytes = words * 8
  /// `LIKENIDX` in the order of a little-endian machine.
  static let magic: UInt64 = 0x5844_494E_454B_494C
  /// Counts the layouts there were. Another one is another program's business.
  static let version: UInt64 = 3
  static let longestLabel = 65_536

  /// Scaling a vector to unit length rounds as the compiler of one kind of machine has it.
  static var machine: UInt64 {
    #if arch(x86_64)
      1
    #elseif arch(arm64)
      2
    #else
      0
    #endif
  }

  var fileBytes = 0
  var labelBytes = 0
  var dimension = 0
  var metric = Metric.euclidean
  var M = 0
  var efConstruction = 0
  var seed: UInt64 = 0
  var isCompact = false
  /// Slots, of which some are live and the others retired.
  var slots = 0
  var live = 0
  var retired = 0
  var freeOrdinals = 0
  var ordinalEnd = 0
  /// The levels above 0 of all slots, added up.
  var levels = 0
  var entrySlot = 0
  var entryLevel = 0
  var insertions = 0
  var learnedAt = 0
  var widths = Projection.Widths(edge: 0, node: 0)
  /// The bits of ``Graph/startLimit``, and how much has changed since it was measured.
  var startLimit = Float.infinity.bitPattern
  var changesSinceLook = 0
  /// ``Graph/usualEf``, ``comparesAll`` for comparing everything, and the insertions when it was measured; 0 in snapshots of
  /// before.
  var usualEf = 0
  var effortMeasuredAt = 0
  /// The checksum of the checksums: two snapshots with the same digest hold the same.
  var digest: UInt64 = 0

  init() {}

  private static let most = Int(CandidatePool.slotLimit)
  /// ``usualEf`` where everything is compared.
  static let comparesAll = most

  private static let metrics: [Metric] = [.euclidean, .cosine, .dot]

  var encoded: [UInt64] {
    var words: [UInt64] = [Self.magic, Self.version, Self.machine]
    func add(_ number: Int) { words.append(UInt64(number)) }
    add(fileBytes)
    add(labelBytes)
    add(dimension)
    add(Self.metrics.firstIndex(of: metric) ?? 0)
    add(M)
    add(efConstruction)
    words.append(seed)
    add(isCompact ? 1 : 0)
    for number in [
      slots, live, retired, freeOrdinals, ordinalEnd, levels, entrySlot, entryLevel, insertions, learnedAt,
      widths.edge, widths.node, (widths.hasEdges ? 1 : 0) + (widths.isWide ? 2 : 0), Int(startLimit), changesSinceLook,
    ] { add(number) }
    words.append(digest)
    for number in [usualEf, effortMeasuredAt] { add(number) }
    words.append(contentsOf: repeatElement(0, count: Self.words - 1 - words.count))
    words.append(Self.sum(words))
    return words
  }

  static func sum(_ words: [UInt64]) -> UInt64 {
    words.withUnsafeBytes { $0.baseAddress.map { ck_checksum($0, (Self.words - 1) * 8, magic) } ?? 0 }
  }

  /// Checks every number for itself, so that sums and products of them overflow nowhere.
  init(decoding words: [UInt64]) throws(SnapshotRefusal) {
    guard words.count == Self.words, words[0] == Self.magic else {
      throw words.first == Self.magic.byteSwapped
        ? SnapshotRefusal("it was written by a machine of the other byte order") : SnapshotRefusal("it is no snapshot")
    }
    guard words[1] == Self.version else {
      throw SnapshotRefusal("its format is version \(words[1]), and this library knows \(Self.version)")
    }
    guard words[Self.words - 1] == Self.sum(words) else { throw .damaged("the checksum of its header is wrong") }
    guard words[2] == Self.machine else { throw SnapshotRefusal("it was written by another kind of machine") }
    var at = 3
    func next(_ range: ClosedRange<Int>, _ what: String) throws(SnapshotRefusal) -> Int {
      defer { at += 1 }
      guard let number = Int(exactly: words[at]), range.contains(number) else {
        throw .damaged("its \(what) is \(words[at])")
      }
      return number
    }
    let most = Self.most
    fileBytes = try next(Self.bytes...Int.max, "length")
    labelBytes = try next(0...Self.longestLabel, "label's length")
    dimension = try next(1...65_536, "dimension")
    metric = Self.metrics[try next(0...2, "metric")]
    M = try next(2...128, "M")
    efConstruction = try next(1...65_536, "efConstruction")
    seed = words[at]
    at += 1
    isCompact = try next(0...1, "storage") == 1
    slots = try next(1...most, "number of slots")
    live = try next(1...slots, "number of vectors")
    retired = try next(0...slots, "number of free slots")
    freeOrdinals = try next(0...most, "number of free ordinals")
    ordinalEnd = try next(0...most, "number of ordinals")
    levels = try next(0...most, "number of levels")
    entrySlot = try next(0...slots - 1, "entry point")
    entryLevel = try next(0...NodeMemory.highestLevel, "entry level")
    insertions = try next(live...1 << 48, "number of insertions")
    learnedAt = try next(0...insertions, "time of learning")
    widths.edge = try next(0...256, "number of edge coordinates")
    widths.node = try next(1...2_048, "number of node coordinates")
    let kind = try next(0...3, "kind of codes")
    (widths.hasEdges, widths.isWide) = (kind & 1 == 1, kind & 2 == 2)
    startLimit = UInt32(try next(0...Int(Float.infinity.bitPattern), "limit of starts"))
    changesSinceLook = try next(0...most, "changes since the last look")
    digest = words[at]
    at += 1
    usualEf = try next(0...Self.comparesAll, "usual ef")
    effortMeasuredAt = try next(0...insertions, "time of measuring")
    guard live + retired == slots, levels + freeOrdinals == ordinalEnd else { throw .damaged("its numbers disagree") }
    guard Projection.choices(for: dimension, isCompact: isCompact).contains(widths) else {
      throw SnapshotRefusal("its codes have other widths than this library's")
    }
  }
}
