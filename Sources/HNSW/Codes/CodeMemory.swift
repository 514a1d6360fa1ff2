import CKernels
import Synchronization

/// The hot memory of the codes behind one handle: a block for every node, and one for every node of an upper level.
///
/// What a step of a search reads of a node lies together, so that one prefetch brings it:
///
///     header     BlockHeader
///     node code  [nodeDimension]       Int8, or Int16 where codes are wide
///     constants  [capacity]            Int16, one per neighbour
///     steps      [capacity]            UInt8, one per neighbour
///     edge codes [capacity, edgeDimension] 4 bits, interleaved for ck_row_function
///
/// Where codes of few coordinates do not tell neighbours apart, or there is no room for more, there are no edge codes: a step then
/// reads the node codes of the neighbours, each at its place, or the first cache line of them, and blocks of upper levels are
/// not read.
///
/// The neighbours themselves are the links of ``NodeMemory`` on level 0. A block of an upper level holds the ordinals
/// of its neighbours' blocks, its slot and the ordinal of its block one level below, so that the way down needs nothing else.
///
/// Neighbour-coded layouts are the idea of SymphonyQG (Gou, Gao, Xu & Long, SIGMOD 2025); here a code is a difference of
/// projections in 4 bits a coordinate instead of 1 bit a dimension.
///
/// `@unchecked Sendable`: the edges are read under the version, all else is written before a block can be reached.
struct CodeMemory: @unchecked Sendable {
  let edgeDimension: Int
  let nodeDimension: Int
  /// Whether coordinates of node codes have 16 bits (``Projection/Widths/isWide``).
  let isWide: Bool
  /// Where node codes begin in a block of level 0; in one of an upper level it is behind the whole header.
  let nodeOffset: Int
  let chunkShift: UInt32
  let chunkMask: UInt32
  let upperShift: UInt32
  let upperMask: UInt32
  let ground: BlockLayout
  let upper: BlockLayout
  let chunks: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  let upperChunks: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// 2 where keys are squared distances, which hold the product twice; 1 for the inner product.
  let weight: Float
  /// Bytes of a node code that belong to the coordinates of edges: their number, rounded up to what kernels take.
  let edgeColumns: Int
  /// The weight times the mean cosine of what codes leave out of near vectors: edges, nodes; and its standard deviation.
  let outsideWeight: Float
  let residualWeight: Float
  let residualSpread: Float
  let kernels: ck_code_kernels
  /// The products of node codes, of the kind that they are of.
  let dot: ck_code_dot_function
  let dotFour: ck_code_dot_four_function

  /// The block of a node.
  @inline(__always)
  func block(_ slot: Slot) -> UnsafeMutableRawPointer {
    chunks[Int(slot &>> chunkShift)].unsafelyUnwrapped + Int(slot & chunkMask) &* ground.stride
  }

  /// Where ``block(_:)`` is, for kernels.
  var blocks: ck_blocks {
    ck_blocks(chunks: UnsafePointer(chunks), shift: chunkShift, mask: chunkMask, stride: ground.stride)
  }

  /// The block of a node of an upper level.
  @inline(__always)
  func upperBlock(_ ordinal: UInt32) -> UnsafeMutableRawPointer {
    upperChunks[Int(ordinal &>> upperShift)].unsafelyUnwrapped + Int(ordinal & upperMask) &* upper.stride
  }

  /// Whether nodes of level 0 have codes of their edges.
  @inline(__always)
  var hasEdges: Bool { ground.groups > 0 }

  @inline(__always)
  func version(_ block: UnsafeRawPointer) -> UnsafePointer<Atomic<UInt32>> {
    (block + BlockHeader.versionOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  @inline(__always)
  func nodeCode(_ block: UnsafeRawPointer) -> UnsafeRawPointer { block + nodeOffset }

  /// Asks for what a block of level 0 says of its node.
  @inline(__always)
  func prefetchNode(_ block: UnsafeRawPointer) {
    ck_prefetch_range(block, nodeOffset &+ bytes(ofCoordinates: nodeDimension))
  }

  /// Bytes of so many coordinates of a node code.
  @inline(__always)
  func bytes(ofCoordinates count: Int) -> Int { isWide ? 2 &* count : count }

  @inline(__always)
  func header(_ block: UnsafeRawPointer) -> UnsafePointer<BlockHeader> {
    block.assumingMemoryBound(to: BlockHeader.self)
  }

  /// The key of a node, of which the block of level 0 is given, as its node code tells it.
  @inline(__always)
  func key(_ block: UnsafeRawPointer, _ query: CodedQuery) -> Float {
    let dot = dot(nodeCode(block), query.values, nodeDimension, query.bias)
    let header = header(block)
    return along(dot, header, query) - (query.residual * header.pointee.residual) * residualWeight
  }

  /// The key of a node as its node code tells it, and as the coordinates of edges alone would: what estimates of its
  /// neighbours begin with. The block has edges.
  @inline(__always)
  func keys(ofNode block: UnsafeRawPointer, _ query: CodedQuery) -> (node: Float, edges: Float) {
    let code = UnsafeRawPointer(block + MemoryLayout<BlockHeader>.stride)
    // Where there are edges a coordinate is a byte.
    let inner = dot(code, query.values, edgeColumns, query.edgeBias)
    let outer = dot(
      code + edgeColumns, query.values + edgeColumns, nodeDimension &- edgeColumns, query.bias &- query.edgeBias)
    let header = header(block)
    return (
      along(inner &+ outer, header, query) - (query.residual * header.pointee.residual) * residualWeight,
      along(inner, header, query) - (query.outside * header.pointee.outside) * outsideWeight
    )
  }

  /// A key by the product of (some of) a node code with that of a query alone.
  @inline(__always)
  private func along(_ dot: Int32, _ header: UnsafePointer<BlockHeader>, _ query: CodedQuery) -> Float {
    let (scale, norm) = (header.pointee.nodeScale, header.pointee.norm)
    if isWide {
      let ends = (Double(query.base) + Double(norm)) + (Double(query.baseRest) + Double(header.pointee.normRest))
      return Float(ends - Double(query.unit) * Double(scale) * (Double(weight) * Double(dot)))
    }
    return query.base + norm - (query.unit * scale) * (weight * Float(dot))
  }

  /// A stored node in the place of a query, to be compared by node codes: what edges need is not filled in.
  @inline(__always)
  func query(of block: UnsafeMutableRawPointer) -> CodedQuery {
    // Field by field: a copy of the whole would read the version and the scales, which another thread may be writing.
    let header = header(block)
    let code = UnsafeMutableRawPointer(mutating: nodeCode(block))
    return CodedQuery(
      values: code, unit: header.pointee.nodeScale, bias: isWide ? 0 : 128 &* header.pointee.sum,
      base: header.pointee.norm, baseRest: isWide ? header.pointee.normRest : 0, residual: header.pointee.residual)
  }

  /// The keys of four nodes, the same bits as four calls of ``key(_:_:)``.
  @inline(__always)
  func keys(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ c: UnsafeRawPointer, _ d: UnsafeRawPointer, _ query: CodedQuery
  ) -> SIMD4<Float> {
    let residuals = SIMD4(
      header(a).pointee.residual, header(b).pointee.residual, header(c).pointee.residual, header(d).pointee.residual)
    return keys(a, b, c, d, query, by: nodeDimension, bias: query.bias)
      - (residuals * query.residual) * residualWeight
  }

  /// Whether a walk by node codes reads the first cache line of a neighbour's block alone, and the rest of it when the
  /// neighbour is expanded.
  @inline(__always)
  var hasRoughKeys: Bool { !hasEdges && edgeDimension == Projection.Widths.firstLine && nodeDimension > edgeDimension }

  /// The key of a node by the leading coordinates of its code: what they leave out is taken to be at right angles.
  @inline(__always)
  func roughKey(_ block: UnsafeRawPointer, _ query: CodedQuery) -> Float {
    let dot = dot(nodeCode(block), query.values, edgeColumns, query.edgeBias)
    return along(dot, header(block), query)
  }

  /// The rough keys of four nodes, the same bits as four calls of ``roughKey(_:_:)``.
  @inline(__always)
  func roughKeys(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ c: UnsafeRawPointer, _ d: UnsafeRawPointer, _ query: CodedQuery
  ) -> SIMD4<Float> {
    keys(a, b, c, d, query, by: edgeColumns, bias: query.edgeBias)
  }

  /// The keys of four nodes by so many leading coordinates of their codes.
  @inline(__always)
  private func keys(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ c: UnsafeRawPointer, _ d: UnsafeRawPointer, _ query: CodedQuery,
    by count: Int, bias: Int32
  ) -> SIMD4<Float> {
    var dots = SIMD4<Int32>()
    withUnsafeMutablePointer(to: &dots) {
      $0.withMemoryRebound(to: Int32.self, capacity: 4) {
        dotFour(nodeCode(a), nodeCode(b), nodeCode(c), nodeCode(d), query.values, count, bias, $0)
      }
    }
    let (ha, hb, hc, hd) = (header(a), header(b), header(c), header(d))
    if isWide {
      return SIMD4(
        along(dots[0], ha, query), along(dots[1], hb, query), along(dots[2], hc, query), along(dots[3], hd, query))
    }
    let norms = SIMD4(ha.pointee.norm, hb.pointee.norm, hc.pointee.norm, hd.pointee.norm)
    let scales = SIMD4(ha.pointee.nodeScale, hb.pointee.nodeScale, hc.pointee.nodeScale, hd.pointee.nodeScale)
    return (norms + query.base) - (scales * query.unit) * (SIMD4<Float>(dots) * weight)
  }

  /// Estimates the keys of all neighbours of a block, whose own is `key` by the coordinates of edges; marks those below
  /// the bound.
  ///
  /// Of what edges leave out, a neighbour is taken to have as much in common with the query as near vectors have on the
  /// average; what the node itself has in common with it there says little about its neighbours.
  @inline(__always)
  func estimate(
    _ block: UnsafeRawPointer, _ layout: BlockLayout, key: Float, bound: Float, _ query: CodedQuery,
    estimates: UnsafeMutablePointer<Float>, below: UnsafeMutablePointer<UInt16>
  ) {
    let header = header(block)
    var edges = ck_edges(
      codes: (block + layout.codesOffset).assumingMemoryBound(to: UInt8.self),
      constants: (block + layout.constantsOffset).assumingMemoryBound(to: Int16.self),
      steps: (block + layout.stepsOffset).assumingMemoryBound(to: UInt8.self),
      constant_scale: header.pointee.constantScale, step_scale: header.pointee.stepScale, base: key)
    var edgeQuery = ck_edge_query(
      values: query.values.assumingMemoryBound(to: Int8.self), edge_dimension: edgeDimension, unit: query.unit,
      offset: query.offset)
    kernels.row_estimates(&edges, &edgeQuery, layout.groups, bound, estimates, below)
  }
}

/// The beginning of every block. A block without edges has the first half alone.
struct BlockHeader {
  /// The unit of the node code.
  var nodeScale: Float = 0
  /// The constant part of the key of this node: for squared distances ‖n̂‖² − ‖e‖² and the square of the residual, where n̂ = n + e
  /// is what the code says of the coordinates n (``CodeMemory/rounding(_:_:bound:)``).
  var norm: Float = 0
  /// The length of what the node code leaves out.
  var residual: Float = 0
  /// The sum of the node code; where codes are wide the bits of ``normRest``.
  var sum: Int32 = 0

  /// The length of what the edge codes leave out.
  var outside: Float = 0
  /// Odd while the writer changes the edges: a sequence counter (seqlock).
  var version: UInt32 = 0
  /// The units of the constants and the steps of the edges.
  var constantScale: Float = 0
  var stepScale: Float = 0

  static let versionOffset = 20
  static let scalesOffset = 24
  /// Bytes of the half that every block has.
  static let nodeBytes = 16

  /// What ``norm`` lacks by being rounded to float32: keys of near vectors are small differences of great numbers where codes are
  /// wide, and need no sums.
  var normRest: Float {
    get { Float(bitPattern: UInt32(bitPattern: sum)) }
    set { sum = Int32(bitPattern: newValue.bitPattern) }
  }

  /// Takes over what does not depend on links.
  ///
  /// - Parameter hasEdges: whether there is a second half.
  mutating func copyNode(from other: BlockHeader, hasEdges: Bool) {
    nodeScale = other.nodeScale
    norm = other.norm
    residual = other.residual
    sum = other.sum
    if hasEdges { outside = other.outside }
  }
}

/// Where things are in a block.
struct BlockLayout {
  /// Neighbours that there are codes for, in groups of 16.
  let groups: Int
  let nodeOffset: Int
  /// The ordinals of the neighbours, before them the slot and the ordinal below: only in blocks of upper levels.
  let linksOffset: Int
  let constantsOffset: Int
  let stepsOffset: Int
  let codesOffset: Int
  let stride: Int

  /// - Parameter capacity: neighbours of a node, which there are codes for where there are edges.
  init(capacity: Int, widths: Projection.Widths, isUpper: Bool) {
    let edgeDimension = widths.edge
    groups = widths.hasEdges ? (capacity + 15) / 16 : 0
    nodeOffset = groups > 0 ? MemoryLayout<BlockHeader>.stride : BlockHeader.nodeBytes
    linksOffset = nodeOffset + widths.nodeBytes
    constantsOffset = linksOffset + (isUpper ? (2 + groups * 16) * 4 : 0)
    stepsOffset = constantsOffset + groups * 32
    codesOffset = stepsOffset + groups * 16
    stride = (codesOffset + groups * 8 * edgeDimension + 7) & ~7
  }

  /// Bytes from the constants to the end: what changes with the links of a node.
  var edgeBytes: Int { stride - linksOffset }

  @inline(__always)
  func slot(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32> {
    (block + linksOffset).assumingMemoryBound(to: UInt32.self)
  }

  @inline(__always)
  func below(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32> {
    (block + linksOffset).assumingMemoryBound(to: UInt32.self) + 1
  }

  @inline(__always)
  func links(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32> {
    (block + linksOffset).assumingMemoryBound(to: UInt32.self) + 2
  }
}

/// A query as the codes see it.
struct CodedQuery {
  /// `[nodeDimension]`, int8 or int16 as node codes are, the first `edgeDimension` of which meet the edge codes.
  let values: UnsafeMutableRawPointer
  var unit: Float = 0
  /// 7.5 times the sum of the values that meet edge codes.
  var offset: Float = 0
  /// 128 times the sum of all values, and of those that meet edge codes; nothing where values are wide.
  var bias: Int32 = 0
  var edgeBias: Int32 = 0
  /// What every key has in common: for squared distances what ``BlockHeader/norm`` is of a node; and what that lacks where
  /// codes are wide.
  var base: Float = 0
  var baseRest: Float = 0
  /// The length of what node codes leave out of it, and of what edge codes do.
  var residual: Float = 0
  var outside: Float = 0
}
