/// Where everything is in a snapshot, as the header's numbers have it.
///
/// The header is followed by the sections in their order, each from a multiple of 64 on, and these by the checksums of
/// all pieces. A section of nodes is cut into pieces of a chunk of ``NodeMemory``, so that many threads can read and
/// check it; any other is one piece.
struct SnapshotLayout {
  enum Section: Int, CaseIterable {
    /// Whatever the caller wants to know again.
    case label
    /// Int64 a slot.
    case ids
    /// The checksum of the stored vector, UInt64 a slot. The vectors themselves are not here.
    case sums
    /// 1 or 0, and the highest level, a byte a slot each.
    case live, heights
    /// Slots waiting to be used again, in their order.
    case retired
    case freeOrdinals
    /// Of all slots with levels above 0, in the order of slots, for each level from 1 on: the ordinal, and `M` links.
    case ordinals, upperLinks
    /// The block of each ordinal.
    case upperBlocks
    case projection
    /// `2 M` links a slot.
    case links
    /// The block of each slot.
    case blocks
  }

  let ground: BlockLayout
  let upper: BlockLayout
  let nodesPerChunk: Int
  private(set) var lengths: [Int] = []
  private(set) var offsets: [Int] = []
  private(set) var pieceLengths: [Int] = []
  /// The number of the first piece of a section, among all.
  private(set) var firstPieces: [Int] = []
  let pieces: Int
  let tableOffset: Int
  let fileBytes: Int

  init(_ header: SnapshotHeader, nodesPerChunk: Int) {
    let (M, slots) = (header.M, header.slots)
    self.nodesPerChunk = nodesPerChunk
    ground = BlockLayout(capacity: 2 * M, widths: header.widths, isUpper: false)
    upper = BlockLayout(capacity: M, widths: header.widths, isUpper: true)
    var end = SnapshotHeader.bytes
    var pieces = 0
    for section in Section.allCases {
      let (count, bytes) =
        switch section {
        case .label: (header.labelBytes, 1)
        case .ids, .sums: (slots, 8)
        case .live, .heights: (slots, 1)
        case .retired: (header.retired, 4)
        case .freeOrdinals: (header.freeOrdinals, 4)
        case .ordinals: (header.levels, 4)
        case .upperLinks: (header.levels, 4 * M)
        case .upperBlocks: (header.ordinalEnd, upper.stride)
        case .projection: (1, Self.projectionBytes(header))
        case .links: (slots, 8 * M)
        case .blocks: (slots, ground.stride)
        }
      let isCut = section == .links || section == .blocks
      lengths.append(count * bytes)
      pieceLengths.append(isCut ? nodesPerChunk * bytes : max(count * bytes, 1))
      offsets.append(end)
      firstPieces.append(pieces)
      pieces += (lengths[section.rawValue] + pieceLengths[section.rawValue] - 1) / pieceLengths[section.rawValue]
      end = (end + count * bytes + 63) & ~63
    }
    self.pieces = pieces
    tableOffset = end
    fileBytes = end + 8 * pieces
  }

  /// Chunks of nodes.
  var chunks: Int { pieces - firstPieces[Section.blocks.rawValue] }

  func offset(_ section: Section) -> Int { offsets[section.rawValue] }
  func length(_ section: Section) -> Int { lengths[section.rawValue] }

  /// The bytes behind sections, up to where the next one begins: zeros.
  var gaps: [Range<Int>] {
    Section.allCases.indices.map { i in
      offsets[i] + lengths[i]..<(i + 1 < offsets.count ? offsets[i + 1] : tableOffset)
    }.filter { !$0.isEmpty }
  }

  /// Pieces of a section.
  func count(of section: Section) -> Int {
    (lengths[section.rawValue] + pieceLengths[section.rawValue] - 1) / pieceLengths[section.rawValue]
  }

  /// The bytes of a piece of a section, and its number.
  func piece(_ section: Section, _ i: Int) -> (offset: Int, length: Int, number: Int) {
    let start = i * pieceLengths[section.rawValue]
    let length = min(pieceLengths[section.rawValue], lengths[section.rawValue] - start)
    return (offsets[section.rawValue] + start, length, firstPieces[section.rawValue] + i)
  }

  /// Mean, matrix, scales of its rows, three cosines.
  private static func projectionBytes(_ header: SnapshotHeader) -> Int {
    let columns = (header.dimension + 63) & ~63
    return 4 * header.dimension + header.widths.node * (columns + 4) + 12
  }
}
