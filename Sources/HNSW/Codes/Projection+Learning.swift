import CKernels

extension Projection {
  /// The share at which fewer coordinates do: what is missing costs less than the cache lines of more
  /// (Benchmarks/NOTES.md).
  private static let ampleShare: Float = 0.88
  /// The same of the coordinates in the first cache line of a node code: the others are read when a node is expanded.
  private static let ampleShareOfLine: Float = 0.86

  /// The share below which they tell nothing apart, and the blur from which on they do not: codes of whole nodes are walked
  /// by then (Benchmarks/NOTES.md).
  private static let poorShare: Float = 0.45
  private static let greatestBlur = 0.06
  /// The blur from which on codes of whole nodes hold all coordinates.
  private static let greatestBlurOfNodes = 0.03
  /// The share of near vectors that rounding to 8 bits may keep from being told apart.
  private static let greatestShareRoundedAway = 0.02

  /// Learns the directions from a sample of the stored rows of a collection.
  ///
  /// The first rows of the sample are taken for queries: it must be in random order.
  ///
  /// Subspace iteration (Golub & Van Loan, *Matrix Computations*, 8.2) on the differences between each row of the
  /// sample and those nearest to it there. Products are of rounded rows, or by the portable kernels, so that the same rows
  /// give the same directions on every CPU.
  static func learned(
    from sample: [UnsafePointer<Float>], of collection: Int, dimension: Int, stride: Int, isCompact: Bool, seed: UInt64,
    threads: Int, kernels: ck_code_kernels
  ) -> Projection {
    var mean = [Double](repeating: 0, count: dimension)
    for row in sample { for i in 0..<dimension { mean[i] += Double(row[i]) } }
    let centre = mean.map { Float($0 / Double(max(sample.count, 1))) }
    // As many as tell the directions apart; a small collection should not wait longer for them than for its graph.
    let probes = min(sample.count, 1_024, max(collection / 16, 256))
    func near(to probes: Range<Int>) -> NearPairs {
      NearPairs(
        neighbours(of: probes, in: sample, around: centre, dimension: dimension, threads: threads, kernels: kernels)
          .map { (sample[$0.a], sample[$0.b]) })
    }
    let pairs = near(to: 0..<probes)
    let differences = Differences(
      pairs.map { difference($0, $1, dimension: dimension) }, dimension: dimension, kernels: kernels)
    var random = SequenceGenerator(seed: seed)
    func directions(_ count: Int) -> [[Float]] {
      leadingDirections(
        of: differences, count: min(count, dimension), dimension: dimension, threads: threads, random: &random)
    }
    func projection(_ widths: Widths, _ rows: [[Float]]) -> Projection {
      let projection = Projection(mean: centre, rows: rows, widths: widths, stride: stride, kernels: kernels)
      projection.measureResiduals(of: pairs, threads: threads)
      return projection
    }
    func blur(by directions: ArraySlice<[Float]>) -> Double {
      Self.blur(of: pairs.prefix(256), around: centre, by: directions, threads: threads)
    }
    /// The same, of vectors that the directions were not learned from: many directions fit few vectors too well.
    func blurOfOthers(by directions: [[Float]]) -> Double {
      let others = near(to: probes..<min(probes + 128, sample.count))
      return others.count == 0
        ? blur(by: directions[...])
        : Self.blur(of: others, around: centre, by: directions[...], threads: threads)
    }
    func whole(isWide: Bool) -> Projection? {
      // All coordinates, turned at random: no direction is before another.
      Self.whole(for: dimension, isCompact: isCompact, isWide: isWide).map {
        projection(
          $0, turn(of: dimension, threads: threads, random: &random) + zeros(max($0.node - dimension, 0), dimension))
      }
    }
    /// By the leading directions, as few as do, or by all of them.
    func leading() -> Projection {
      var widths = widths(for: dimension, isCompact: isCompact)
      var rows = directions(widths.node)
      let shares = differences.shares(in: Array(rows.prefix(widths.hasEdges ? widths.edge : Widths.firstLine)))
      if differences.count > 0, let last = shares.last,
        last < poorShare || blur(by: rows.prefix(shares.count)) > greatestBlur
      {
        if let thorough = thorough(for: dimension, isCompact: isCompact) {
          widths = thorough
          rows = directions(widths.node)
          if rows.count < dimension, blurOfOthers(by: rows) > greatestBlurOfNodes, let all = whole(isWide: false) {
            return all
          }
        }
      } else if differences.count >= 1_024,
        // Directions fit the few differences of a small sample too well.
        let fewer = widths.alternatives.first(where: {
          $0.edge < rows.count && shares[$0.edge - 1] >= ($0.hasEdges ? ampleShare : ampleShareOfLine)
        })
      {
        widths = fewer
      }
      return projection(widths, arranged(rows, for: widths, dimension: dimension, threads: threads, random: &random))
    }
    let found = leading()
    if found.shareRoundedAway(of: pairs, threads: threads) > greatestShareRoundedAway, let wide = whole(isWide: true) {
      return wide
    }
    return found
  }

  /// Directions in the places that they have in a projection: those for edges first, each group turned, and zeros up to what
  /// kernels take.
  private static func arranged(
    _ directions: [[Float]], for widths: Widths, dimension: Int, threads: Int, random: inout SequenceGenerator
  ) -> [[Float]] {
    var rows = directions
    let edge = widths.edge
    let padding = widths.edgeColumns - edge
    rows.removeLast(max(rows.count + padding - widths.node, 0))
    rows = turned(rows, 0..<min(edge, rows.count), threads: threads, random: &random)
    if rows.count > edge { rows = turned(rows, edge..<rows.count, threads: threads, random: &random) }
    if rows.count > edge { rows.insert(contentsOf: zeros(padding, dimension), at: edge) }
    return rows + zeros(max(widths.node - rows.count, 0), dimension)
  }

  private static func zeros(_ count: Int, _ dimension: Int) -> [[Float]] {
    Array(repeating: [Float](repeating: 0, count: dimension), count: count)
  }

  /// Rows of a sample: enough to know the directions, few enough that learning is short beside building.
  static func sampleSize(dimension: Int) -> Int { min(max(1_500_000 / max(dimension, 1), 512), 4_096) }

  /// Some rows of a sample and the two nearest to each there that are no copies of it.
  private static func neighbours(
    of probes: Range<Int>, in sample: [UnsafePointer<Float>], around centre: [Float], dimension: Int, threads: Int,
    kernels: ck_code_kernels
  ) -> [(a: Int, b: Int)] {
    let rows = Rows(sample: sample)
    let rounded = RoundedRows(count: sample.count, dimension: dimension, kernels: kernels) { r, place in
      for i in 0..<dimension { place[i] = sample[r][i] - centre[i] }
    }
    let found = Parallel.map(probes.count, threads: threads) { place in
      let own = probes.lowerBound + place
      // The nearest by rounded rows, and those of them that are nearest indeed.
      let sample = rows.sample
      let squaredL2 = ck_kernels_of(CK_BASELINE)!.pointee.squared_l2
      func exact(_ row: Int) -> Float { squaredL2(sample[own], sample[row], dimension) }
      return nearest(8, to: own, among: rounded) { exact($0) == 0 }
        .map { (key: exact($0), row: $0) }.sorted { ($0.key, $0.row) < ($1.key, $1.row) }.prefix(2).map(\.row)
    }
    return zip(probes, found).flatMap { own, near in near.map { (own, $0) } }
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
    let start = (0..<count).map { _ in (0..<dimension).map { _ in random.normal() } }
    guard differences.count > 0 else { return orthonormal(start, threads: threads, random: &random) }
    var directions = start
    for left in (0..<4).reversed() {
      directions = orthonormal(
        differences.spread(along: directions, threads: threads), passes: left > 0 ? 1 : 2, threads: threads,
        random: &random)
    }
    return directions
  }

  private static func orthonormal(
    _ rows: [[Float]], passes: Int = 2, threads: Int, random: inout SequenceGenerator
  ) -> [[Float]] {
    let rows = DirectionRows(rows)
    rows.orthonormalize(passes: passes, threads: threads, random: &random)
    return rows.rows
  }

  /// The rows of a range, replaced by random orthonormal combinations of themselves.
  private static func turned(
    _ rows: [[Float]], _ range: Range<Int>, threads: Int, random: inout SequenceGenerator
  ) -> [[Float]] {
    let weights = DirectionRows(turn(of: range.count, threads: threads, random: &random))
    var result = rows
    result.replaceSubrange(range, with: DirectionRows(rows).combined(weights, range, threads: threads))
    return result
  }

  /// Random orthonormal rows, as many as they have values.
  private static func turn(of dimension: Int, threads: Int, random: inout SequenceGenerator) -> [[Float]] {
    orthonormal(
      (0..<dimension).map { _ in (0..<dimension).map { _ in random.normal() } }, threads: threads, random: &random)
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
