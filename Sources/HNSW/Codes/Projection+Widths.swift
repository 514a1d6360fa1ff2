extension Projection {
  /// How many coordinates codes have, and of how many bits.
  struct Widths: Hashable {
    /// Coordinates of an edge, or those leading ones of a node that may be read alone.
    var edge: Int
    var node: Int
    /// Whether nodes have codes of their edges.
    var hasEdges = true
    /// Whether coordinates of node codes have 16 bits instead of 8.
    var isWide = false

    /// ``edge``, rounded up to what kernels take.
    var edgeColumns: Int { (edge + 15) & ~15 }
    /// Bytes of a node code.
    var nodeBytes: Int { isWide ? 2 * node : node }

    /// What is chosen instead where the fewer leading coordinates tell near vectors apart almost as well: shorter edges,
    /// or, without edges, those that lie in the first cache line of a node's block (``CodeMemory/roughKeys(_:_:_:_:_:)``).
    var alternatives: [Widths] {
      if hasEdges { return [32, 48].filter { $0 < edge }.map { Widths(edge: $0, node: node) } }
      return node > Self.firstLine ? [Widths(edge: Self.firstLine, node: node, hasEdges: false)] : []
    }

    /// Coordinates beside the short header of a block.
    static let firstLine = 64 - BlockHeader.nodeBytes

    /// Codes of nodes alone, in whole cache lines.
    private static func nodes(_ coordinates: Int, isWide: Bool = false) -> Widths {
      let lines = (BlockHeader.nodeBytes + (isWide ? 2 : 1) * coordinates + 63) / 64
      return Widths(
        edge: 0, node: (lines * 64 - BlockHeader.nodeBytes) / (isWide ? 2 : 1), hasEdges: false, isWide: isWide)
    }

    /// Codes of nodes alone, of the leading coordinates up to 240: for vectors of which no few coordinates tell near ones apart. Less
    /// than an eighth of the coordinates is rather left out than a line more read.
    static func thorough(for dimension: Int) -> Widths { nodes(min(dimension - dimension / 8, 240)) }

    /// Codes of nodes alone, of all coordinates: where leaving any out is too much. Of 16 bits, where near vectors differ by
    /// less than what rounding to 8 loses.
    ///
    /// - Returns: nil for vectors so long that it would cost more than it saves.
    static func whole(for dimension: Int, isWide: Bool) -> Widths? {
      dimension <= (isWide ? 1_008 : 2_032) ? nodes(dimension, isWide: isWide) : nil
    }

    /// The length of a wide code, in its units.
    static let wideLength: Float = 46_000
  }

  /// The usual widths for vectors of a dimension.
  ///
  /// An edge gets what brings a vector with its links and codes to 2.5 times its float32 bytes at M = 16, but 24 at least, and 64
  /// at most: more cost more cache lines a step than they save steps (Benchmarks/NOTES.md). Where fewer tell almost as much, it
  /// gets those; vectors without leading directions get codes of nodes.
  ///
  /// A compact index keeps links and codes within 0.6 times the bytes of the vectors, which are elsewhere; where 48
  /// coordinates for each edge do not fit, it has none: fewer lead walks astray.
  static func widths(for dimension: Int, isCompact: Bool) -> Widths {
    let node = dimension < 192 ? 64 : 128
    let others = 320 + node
    let room =
      isCompact ? (12 * dimension / 5 - others - dimension / 16) / 16 & ~7 : max((6 * dimension - others) / 16 & ~7, 24)
    let edge = min(max(room, 24), 64, (dimension + 7) & ~7)
    let whole = max(min(node, (dimension + 15) & ~15), (edge + 15) & ~15)
    // Without edges a block is a short header and a node code: whole cache lines.
    return !isCompact || room >= 48
      ? Widths(edge: edge, node: whole)
      : Widths(edge: 0, node: max(whole - 16, Widths.firstLine), hasEdges: false)
  }

  /// All widths that ``learned(from:of:dimension:stride:isCompact:seed:threads:kernels:)`` may choose.
  static func choices(for dimension: Int, isCompact: Bool) -> Set<Widths> {
    let usual = widths(for: dimension, isCompact: isCompact)
    var choices = Set([usual] + usual.alternatives)
    for other in [
      thorough(for: dimension, isCompact: isCompact), whole(for: dimension, isCompact: isCompact, isWide: false),
      whole(for: dimension, isCompact: isCompact, isWide: true),
    ] {
      if let other { choices.insert(other) }
    }
    return choices
  }

  /// What is chosen where codes of few coordinates blur near vectors; nil where that would be more than a compact index may
  /// hold.
  static func thorough(for dimension: Int, isCompact: Bool) -> Widths? {
    fitting(.thorough(for: dimension), dimension, isCompact: isCompact)
  }

  /// What is chosen where those blur them too, or rounding does.
  static func whole(for dimension: Int, isCompact: Bool, isWide: Bool) -> Widths? {
    Widths.whole(for: dimension, isWide: isWide).flatMap { fitting($0, dimension, isCompact: isCompact) }
  }

  /// Links at M = 16 and codes within 0.6 times the bytes of the vectors.
  private static func fitting(_ widths: Widths, _ dimension: Int, isCompact: Bool) -> Widths? {
    let bytes = BlockHeader.nodeBytes + widths.nodeBytes + dimension / 16 + 160
    return isCompact && 5 * bytes > 12 * dimension ? nil : widths
  }

  /// The most coordinates that a node code of such vectors may have.
  static func greatestNodeDimension(for dimension: Int) -> Int { allChoices(for: dimension).map(\.node).max() ?? 0 }

  /// The most bytes that one may have.
  static func greatestNodeBytes(for dimension: Int) -> Int { allChoices(for: dimension).map(\.nodeBytes).max() ?? 0 }

  private static func allChoices(for dimension: Int) -> Set<Widths> {
    choices(for: dimension, isCompact: false).union(choices(for: dimension, isCompact: true))
  }
}
