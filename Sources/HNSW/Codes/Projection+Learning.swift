import CKernels

extension Projection {
  /// How many coordinates codes have.
  struct Widths: Hashable {
    var edge: Int
    var node: Int
    /// Whether nodes of level 0 have codes of their edges.
    var hasEdges = true

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
    return Set([narrow, wide, thorough(for: dimension, isCompact: isCompact)] + narrow.alternatives)
  }

  /// What is chosen where codes of few coordinates blur near vectors; as long as nodes alone are within the bytes of a
  /// compact index.
  private static func thorough(for dimension: Int, isCompact: Bool) -> Widths {
    let narrow = widths(for: dimension, isCompact: isCompact).narrow
    return isCompact && dimension < 192 ? narrow : .thorough(for: dimension, edge: narrow.edge)
  }

  /// The most coordinates that a node code of such vectors may have.
  static func greatestNodeDimension(for dimension: Int) -> Int {
    choices(for: dimension, isCompact: false).union(choices(for: dimension, isCompact: true)).map(\.node).max() ?? 0
  }

  /// The share of the differences between near vectors that narrow edges must hold.
  private static let leastShare: Float = 0.35
  /// The share at which fewer coordinates do: what is missing costs less than the cache lines of more
  /// (Benchmarks/NOTES.md).
  private static let ampleShare: Float = 0.88

  /// The share below which they tell nothing apart, and the blur from which on they do not: codes of whole nodes are walked
  /// by then (Benchmarks/NOTES.md).
  private static let poorShare: Float = 0.45
  private static let greatestBlur = 0.06

  /// Learns the directions from a sample of the stored rows of a collection.
  ///
  /// The first rows of the sample are taken for queries: it must be in random order.
  ///
  /// Subspace iteration (Golub & Van Loan, *Matrix Computations*, 8.2) on the differences between each row of the
  /// sample and those nearest to it there. Products are of rounded rows, or by the portable kernels, so that the same rows
  /// give the same directions on every CPU.
  static func learned(
    from sample: [UnsafePointer<Float>], of collection: Int, dimension: Int, stride: Int, isCompact: Bool, seed: UInt64,
    threads: Int,
    kernels: ck_code_kernels
  ) -> Projection {
    var mean = [Double](repeating: 0, count: dimension)
    for row in sample { for i in 0..<dimension { mean[i] += Double(row[i]) } }
    let centre = mean.map { Float($0 / Double(max(sample.count, 1))) }
    let pairs = neighbours(
      in: sample, around: centre, of: collection, dimension: dimension, threads: threads, kernels: kernels)
    let differences = Differences(
      pairs.map { difference(sample[$0.a], sample[$0.b], dimension: dimension) }, dimension: dimension,
      kernels: kernels)
    var random = SequenceGenerator(seed: seed)
    func directions(_ count: Int) -> [[Float]] {
      leadingDirections(
        of: differences, count: min(count, dimension), dimension: dimension, threads: threads, random: &random)
    }
    let choice = widths(for: dimension, isCompact: isCompact)
    var widths = choice.narrow
    var rows = directions(widths.node)
    let alternatives = widths.alternatives
    let shares = differences.shares(
      in: Array(rows.prefix(alternatives.reduce(widths.edge) { max($0, $1.edge) })))
    if choice.wide.edge > widths.edge, shares.last ?? 1 < leastShare {
      widths = choice.wide
      rows = directions(widths.node)
    } else if differences.count > 0, let last = shares.last,
      last < poorShare
        || blur(of: pairs, in: sample, around: centre, by: rows.prefix(shares.count), dimension: dimension)
          > greatestBlur
    {
      let thorough = thorough(for: dimension, isCompact: isCompact)
      if thorough != widths {
        widths = thorough
        rows = directions(widths.node)
      }
    } else if differences.count >= 1_024,
      // Directions fit the few differences of a small sample too well.
      let fewer = alternatives.first(where: { $0.edge < rows.count && shares[$0.edge - 1] >= ampleShare })
    {
      widths = fewer
    }
    let edge = widths.edge
    // Kernels take whole sixteens.
    let padding = (edge + 15) & ~15 - edge
    rows.removeLast(max(rows.count + padding - widths.node, 0))
    rows = turned(rows, 0..<min(edge, rows.count), random: &random)
    if rows.count > edge { rows = turned(rows, edge..<rows.count, random: &random) }
    let zero = [Float](repeating: 0, count: dimension)
    if rows.count > edge { rows.insert(contentsOf: Array(repeating: zero, count: padding), at: edge) }
    while rows.count < widths.node { rows.append(zero) }
    let projection = Projection(mean: centre, rows: rows, widths: widths, stride: stride, kernels: kernels)
    projection.measureResiduals(of: pairs.map { (sample[$0.a], sample[$0.b]) })
    return projection
  }

  /// How much the keys of near vectors are blurred by what directions leave out of both: the standard deviation of twice its
  /// product, less what it has in common on the average, in units of their mean squared distance.
  private static func blur(
    of pairs: [(a: Int, b: Int)], in sample: [UnsafePointer<Float>], around centre: [Float],
    by directions: ArraySlice<[Float]>, dimension: Int
  ) -> Double {
    let dot = ck_kernels_of(CK_BASELINE)!.pointee.dot
    var left: [(length: Double, cosine: Double)] = []
    var distances = 0.0
    for (a, b) in pairs.prefix(256) {
      let x = (0..<dimension).map { sample[a][$0] - centre[$0] }
      let y = (0..<dimension).map { sample[b][$0] - centre[$0] }
      var (xx, yy, xy) = (Double(dot(x, x, dimension)), Double(dot(y, y, dimension)), Double(dot(x, y, dimension)))
      distances += xx + yy - 2 * xy
      for direction in directions {
        let (along, other) = (Double(dot(x, direction, dimension)), Double(dot(y, direction, dimension)))
        xx -= along * along
        yy -= other * other
        xy -= along * other
      }
      guard xx > 0, yy > 0 else { continue }
      let length = (xx * yy).squareRoot()
      left.append((length, min(max(xy / length, -1), 1)))
    }
    guard distances > 0, !left.isEmpty else { return 0 }
    let mean = meanAndDeviation(left.map(\.cosine)).mean
    let squared = left.reduce(0) { $0 + 4 * $1.length * $1.length * ($1.cosine - mean) * ($1.cosine - mean) }
    return (squared / Double(left.count)).squareRoot() / (distances / Double(min(pairs.count, 256)))
  }

  /// Rows of a sample: enough to know the directions, few enough that learning is short beside building.
  static func sampleSize(dimension: Int) -> Int { min(max(1_500_000 / max(dimension, 1), 512), 4_096) }

  /// Rows of a sample and the two nearest to each there that are no copies of it.
  private static func neighbours(
    in sample: [UnsafePointer<Float>], around centre: [Float], of collection: Int, dimension: Int, threads: Int,
    kernels: ck_code_kernels
  ) -> [(a: Int, b: Int)] {
    // As many as tell the directions apart; a small collection should not wait longer for them than for its graph.
    let probes = min(sample.count, 1_024, max(collection / 16, 256))
    let rows = Rows(sample: sample)
    let rounded = RoundedRows(count: sample.count, dimension: dimension, kernels: kernels) { r, place in
      for i in 0..<dimension { place[i] = sample[r][i] - centre[i] }
    }
    let found = Parallel.map(probes, threads: threads) { own in
      // The nearest by rounded rows, and those of them that are nearest indeed.
      let sample = rows.sample
      let squaredL2 = ck_kernels_of(CK_BASELINE)!.pointee.squared_l2
      func exact(_ row: Int) -> Float { squaredL2(sample[own], sample[row], dimension) }
      return nearest(8, to: own, among: rounded) { exact($0) == 0 }
        .map { (key: exact($0), row: $0) }.sorted { ($0.key, $0.row) < ($1.key, $1.row) }.prefix(2).map(\.row)
    }
    return found.enumerated().flatMap { own, near in near.map { (own, $0) } }
  }

  private static func nearest(
    _ limit: Int, to own: Int, among rounded: RoundedRows, isCopy: (Int) -> Bool
  ) -> [Int] {
    let products = rounded.products(with: own, of: rounded)
    let rounding = 1e-5 * rounded.squaredLengths[own]
    var nearest: [(key: Float, row: Int)] = []
    for row in products.indices where row != own {
      let key = rounded.squaredLengths[row] - 2 * products[row]
      guard nearest.count < limit || key < nearest[nearest.count - 1].key, key > rounding || !isCopy(row)
      else { continue }
      nearest.insert((key, row), at: nearest.firstIndex { $0.key > key } ?? nearest.count)
      if nearest.count > limit { nearest.removeLast() }
    }
    return nearest.map(\.row)
  }

  /// `@unchecked Sendable`: nobody writes stored rows while a projection is learned.
  private struct Rows: @unchecked Sendable {
    let sample: [UnsafePointer<Float>]
  }

  /// The difference of two rows, of unit length: a sparse region would outvote the dense ones.
  private static func difference(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, dimension: Int
  ) -> [Float] {
    var squared: Float = 0
    for i in 0..<dimension { squared += (b[i] - a[i]) * (b[i] - a[i]) }
    let scale = squared > 0 ? 1 / squared.squareRoot() : 0
    return (0..<dimension).map { (b[$0] - a[$0]) * scale }
  }

  /// Orthonormal directions in which the differences are longest, the leading ones first.
  private static func leadingDirections(
    of differences: Differences, count: Int, dimension: Int, threads: Int, random: inout SequenceGenerator
  ) -> [[Float]] {
    var directions = (0..<count).map { _ in (0..<dimension).map { _ in random.normal() } }
    orthonormalize(&directions, random: &random)
    guard differences.count > 0 else { return directions }
    for _ in 0..<4 {
      directions = differences.spread(along: directions, threads: threads)
      orthonormalize(&directions, random: &random)
    }
    return directions
  }

  /// The rows of a range, replaced by random orthonormal combinations of themselves.
  private static func turned(_ rows: [[Float]], _ range: Range<Int>, random: inout SequenceGenerator) -> [[Float]] {
    var turn = range.map { _ in range.map { _ in random.normal() } }
    orthonormalize(&turn, random: &random)
    var result = rows
    for (i, weights) in turn.enumerated() {
      var row = [Float](repeating: 0, count: rows[range.lowerBound].count)
      for (weight, source) in zip(weights, rows[range]) {
        for c in row.indices { row[c] += weight * source[c] }
      }
      result[range.lowerBound + i] = row
    }
    return result
  }

  /// Gram–Schmidt, twice over for the sake of rounding. What depends on the rows before it is replaced at random, as a
  /// sample of few different rows says nothing of the directions it does not have, and others may come.
  private static func orthonormalize(_ rows: inout [[Float]], random: inout SequenceGenerator) {
    for i in rows.indices {
      while !orthonormalize(i, of: &rows) {
        for c in rows[i].indices { rows[i][c] = random.normal() }
      }
    }
  }

  /// - Returns: false if nothing of the row is left; never so for random rows, of which there are at most as many as columns.
  private static func orthonormalize(_ i: Int, of rows: inout [[Float]]) -> Bool {
    let dot = ck_kernels_of(CK_BASELINE)!.pointee.dot
    var row = rows[i]
    let count = row.count
    let isLeft = row.withUnsafeMutableBufferPointer { row in
      guard let own = row.baseAddress else { return true }
      let before = dot(own, own, count)
      for _ in 0..<2 {
        for j in 0..<i {
          rows[j].withUnsafeBufferPointer { other in
            let along = dot(own, other.baseAddress!, count)
            for c in 0..<count { own[c] -= along * other[c] }
          }
        }
      }
      let length = dot(own, own, count)
      guard before > 0, length > 1e-8 * before else { return false }
      let scale = 1 / length.squareRoot()
      for c in 0..<count { own[c] *= scale }
      return true
    }
    rows[i] = row
    return isLeft
  }
}

extension Projection {
  /// Learns how alike the parts of near vectors are that the projection leaves out.
  fileprivate func measureResiduals(of pairs: [(UnsafePointer<Float>, UnsafePointer<Float>)]) {
    let buffers = ProjectionBuffers(dimension: dimension)
    let coordinates = UnsafeMutablePointer<Float>.allocate(capacity: 2 * nodeDimension)
    defer {
      buffers.deallocate()
      coordinates.deallocate()
    }
    var outside: [Double] = []
    var residual: [Double] = []
    for (a, b) in pairs {
      apply(to: a, buffers: buffers, into: coordinates)
      apply(to: b, buffers: buffers, into: coordinates + nodeDimension)
      var (aa, bb, ab) = (0.0, 0.0, 0.0)
      for i in 0..<dimension {
        let (x, y) = (Double(a[i] - mean[i]), Double(b[i] - mean[i]))
        aa += x * x
        bb += y * y
        ab += x * y
      }
      func leaveOut(_ range: Range<Int>) -> Double? {
        for i in range {
          let (x, y) = (Double(coordinates[i]), Double(coordinates[nodeDimension + i]))
          aa -= x * x
          bb -= y * y
          ab -= x * y
        }
        return aa > 0 && bb > 0 ? min(max(ab / (aa * bb).squareRoot(), -1), 1) : nil
      }
      if let cosine = leaveOut(0..<edgeColumns) { outside.append(cosine) }
      if let cosine = leaveOut(edgeColumns..<nodeDimension) { residual.append(cosine) }
    }
    outsideCosine = Float(Self.meanAndDeviation(outside).mean)
    let (mean, deviation) = Self.meanAndDeviation(residual)
    residualCosine = Float(mean)
    residualSpread = Float(deviation)
  }

  private static func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double) {
    guard !values.isEmpty else { return (0, 0) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, variance.squareRoot())
  }
}

/// Random numbers that depend on a seed alone (SplitMix64; Steele, Lea & Flood, 2014).
package struct SequenceGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mixed(state)
  }

  /// Roughly normal: the sum of twelve uniform numbers less six. Exact arithmetic, so the same on every machine.
  mutating func normal() -> Float {
    var sum: Float = -6
    for _ in 0..<12 { sum += Float(next() >> 40) * 0x1p-24 }
    return sum
  }
}
