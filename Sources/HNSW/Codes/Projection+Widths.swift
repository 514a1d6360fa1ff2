extension Projection {
  /// How many coordinates codes have.
  struct Widths: Hashable {
    var edge: Int
    var node: Int
    /// Whether nodes of level 0 have codes of their edges.
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

    /// Codes of nodes alone, of all coordinates there are up to 240, in whole cache lines: for vectors of which no few
    /// coordinates tell near ones apart. Less than an eighth of the coordinates is rather left out than a line more read.
    static func thorough(for dimension: Int, edge: Int) -> Widths {
      let lines = (BlockHeader.nodeBytes + dimension - dimension / 8 + 63) / 64
      return Widths(edge: min(edge, 24), node: min(lines, 4) * 64 - BlockHeader.nodeBytes, hasEdges: false)
    }

    /// Codes of nodes alone, of 16 bits and of all coordinates there are up to 504, in whole cache lines: for vectors of which
    /// near ones differ by less than what rounding to 8 bits loses.
    static func wide(for dimension: Int, edge: Int) -> Widths {
      var widths = Widths(edge: dimension < 32 ? min(edge, 16) : 32, node: 0, hasEdges: false, isWide: true)
      let coordinates = min(dimension + widths.edgeColumns - widths.edge, mostWide)
      let lines = (BlockHeader.nodeBytes + 2 * coordinates + 63) / 64
      widths.node = (lines * 64 - BlockHeader.nodeBytes) / 2
      return widths
    }

    /// The most coordinates of a wide code: sixteen cache lines.
    private static let mostWide = 504
    /// The length of a wide code, in its units.
    static let wideLength: Float = 46_000
  }

  /// The widths for vectors of a dimension, narrow and wide.
  ///
  /// An edge gets what brings a vector with its links and codes to 2.5 times its float32 bytes at M = 16, but 24 at least, and 64
  /// at most where those tell near vectors apart: more cost more cache lines a step than they save steps
  /// (Benchmarks/NOTES.md). Where fewer tell almost as much, it gets those; vectors without leading directions get all
  /// that memory allows, up to 256.
  ///
  /// A compact index keeps links and codes within 0.6 times the bytes of the vectors, which are elsewhere; where 48
  /// coordinates for each edge do not fit, it has none: fewer lead walks astray.
  static func widths(for dimension: Int, isCompact: Bool) -> (narrow: Widths, wide: Widths) {
    let node = dimension < 192 ? 64 : 128
    let others = 320 + node
    let room =
      isCompact ? (12 * dimension / 5 - others - dimension / 16) / 16 & ~7 : max((6 * dimension - others) / 16 & ~7, 24)
    func widths(_ most: Int) -> Widths {
      let edge = min(max(room, 24), most, (dimension + 7) & ~7)
      let whole = max(min(node, (dimension + 15) & ~15), (edge + 15) & ~15)
      // Without edges a block is a short header and a node code: whole cache lines.
      return !isCompact || room >= 48
        ? Widths(edge: edge, node: whole)
        : Widths(edge: min(edge, 24), node: max(whole - 16, Widths.firstLine), hasEdges: false)
    }
    return (widths(64), widths(256))
  }

  /// All widths that ``learned(from:of:dimension:stride:isCompact:seed:threads:kernels:)`` may choose.
  static func choices(for dimension: Int, isCompact: Bool) -> Set<Widths> {
    let (narrow, wide) = widths(for: dimension, isCompact: isCompact)
    let others = isCompact ? [] : [Widths.wide(for: dimension, edge: narrow.edge)]
    return Set([narrow, wide, thorough(for: dimension, isCompact: isCompact)] + narrow.alternatives + others)
  }

  /// What is chosen where codes of few coordinates blur near vectors; as long as nodes alone are within the bytes of a
  /// compact index.
  static func thorough(for dimension: Int, isCompact: Bool) -> Widths {
    let narrow = widths(for: dimension, isCompact: isCompact).narrow
    return isCompact && dimension < 192 ? narrow : .thorough(for: dimension, edge: narrow.edge)
  }

  /// The most coordinates that a node code of such vectors may have.
  static func greatestNodeDimension(for dimension: Int) -> Int {
    choices(for: dimension, isCompact: false).union(choices(for: dimension, isCompact: true)).map(\.node).max() ?? 0
  }

  /// The most bytes that one may have.
  static func greatestNodeBytes(for dimension: Int) -> Int {
    choices(for: dimension, isCompact: false).union(choices(for: dimension, isCompact: true)).map(\.nodeBytes).max() ?? 0
  }
}
