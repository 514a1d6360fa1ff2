import CKernels
import Seeded
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Arrays whose last byte is followed by a page that may not be touched: what reads or writes past their ends crashes.
private final class GuardedMemory {
  /// One array; valid until `release`.
  struct Placed<Element: BitwiseCopyable> {
    let pointer: UnsafeMutablePointer<Element>
    let count: Int
    var values: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  }

  private var mappings: [(start: UnsafeMutableRawPointer, length: Int)] = []

  func place<Element: BitwiseCopyable>(_ values: [Element]) throws -> Placed<Element> {
    let page = Int(getpagesize())
    let size = values.count * MemoryLayout<Element>.stride
    let length = (size + page - 1) / page * page + page
    let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    let start = try #require(mapped == UnsafeMutableRawPointer(bitPattern: -1) ? nil : mapped)
    mappings.append((start, length))
    let end = start + (length - page)
    try #require(mprotect(end, page, PROT_NONE) == 0)
    let pointer = (end - size).bindMemory(to: Element.self, capacity: values.count)
    pointer.initialize(from: values, count: values.count)
    return Placed(pointer: pointer, count: values.count)
  }

  func place<Element: BitwiseCopyable>(_ value: Element, count: Int) throws -> Placed<Element> {
    try place([Element](repeating: value, count: count))
  }

  /// To be called when no pointer is used any more; pointers alone do not keep this object.
  func release() {
    for mapping in mappings { munmap(mapping.start, mapping.length) }
    mappings = []
  }
}

/// The kernels once more, as plain as CodeKernels.h states them.
private enum Reference {
  /// Code of coordinate `i` of neighbour `lane`, where the layout puts it.
  static func code(_ codes: [UInt8], lane: Int, _ i: Int, dimension: Int) -> Int {
    let (group, chunk, place) = (lane / 16, i / 8, i % 8)
    let byte = codes[(group * (dimension / 8) + chunk) * 64 + lane % 16 * 4 + place % 4]
    return Int(place < 4 ? byte & 15 : byte >> 4)
  }

  static func dot(_ a: [Int8], _ b: [Int8]) -> Int { zip(a, b).reduce(0) { $0 + Int($1.0) * Int($1.1) } }

  static func project(_ matrix: ArraySlice<Int8>, low: [UInt8], high: [UInt8]) -> Float {
    var (coarse, fine) = (0, 0)
    for (i, m) in matrix.enumerated() {
      coarse += Int(m) * (Int(high[i]) - 128)
      fine += Int(m) * Int(low[i])
    }
    let scaled = Float(coarse) * 256
    return scaled + Float(fine)
  }

  private static func total(_ s: [Float]) -> Float {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
  }

  /// A sum in eight parts, coordinate i in part i % 8.
  private static func sum(_ count: Int, _ term: (Int) -> Float) -> Float {
    var parts = [Float](repeating: 0, count: 8)
    for i in 0..<count {
      let value = term(i)
      parts[i % 8] += value
    }
    return total(parts)
  }

  static func encode(
    from: [Int8], _ fromScale: Float, to: [Int8], _ toScale: Float
  ) -> (codes: [UInt8], energy: Float, step: Float, fromDot: Float) {
    let n = from.count
    let start = from.map { fromScale * Float($0) }
    let y = (0..<n).map { i in
      let end = toScale * Float(to[i])
      return end - start[i]
    }
    let peak = y.reduce(0) { max($0, abs($1)) }
    let z = y.map { $0 * (peak > 0 ? 7.5 / peak : 0) }
    var best: (score: Float, codes: [Float]) = (-1, [])
    for fraction in [0.55, 0.65, 0.75, 0.85, 1.0] {
      let inverse = Float(1 / fraction)
      let c = z.map { z in
        let scaled = z * inverse
        return min(max((scaled + 7.5).rounded(.toNearestOrEven), 0), 15) - 7.5
      }
      let dot = sum(n) { z[$0] * c[$0] }
      let score = dot * dot / sum(n) { c[$0] * c[$0] }
      if score > best.score { best = (score, c) }
    }
    let energy = sum(n) { y[$0] * y[$0] }
    let along = sum(n) { y[$0] * best.codes[$0] }
    return (
      best.codes.map { UInt8($0 + 7.5) }, energy, peak > 0 ? energy / along : 0,
      sum(n) { start[$0] * best.codes[$0] }
    )
  }
}

@Suite("Code kernels")
struct CodeKernelTests {
  /// The kernels that the CPU at hand can run.
  private static var runnable: [(name: String, kernels: ck_code_kernels)] {
    [CK_BASELINE, CK_AVX2, CK_AVX512, CK_NEON].compactMap { variant in
      ck_code_kernels_of(Int32(variant.rawValue)).map { (String(cString: $0.pointee.name), $0.pointee) }
    }
  }

  /// How the values of a trial are drawn: any bits, or only the ends of the range.
  private enum Draw: CaseIterable {
    case any, lowest, highest, ends

    func bytes(_ count: Int, _ random: inout Seeded) -> [UInt8] {
      (0..<count).map { _ in
        let bits = random.next()
        switch self {
        case .any: return UInt8(truncatingIfNeeded: bits >> 24)
        case .lowest: return 0
        case .highest: return 255
        case .ends: return bits >> 24 & 1 == 0 ? 0 : 255
        }
      }
    }

    /// -128…127 for any bits, else ±127, the ends that queries and codes have.
    func signed(_ count: Int, _ random: inout Seeded) -> [Int8] {
      bytes(count, &random).map { self == .any ? Int8(bitPattern: $0) : $0 == 0 ? -127 : 127 }
    }

    func words(_ count: Int, _ random: inout Seeded) -> [Int16] {
      zip(bytes(count, &random), bytes(count, &random)).map { high, low in
        self == .any ? Int16(bitPattern: UInt16(high) << 8 | UInt16(low)) : high == 0 ? .min : .max
      }
    }
  }

  @Test("estimates have the stated bits at every size, and the stated bits below a bound", arguments: Draw.allCases)
  private func estimates(_ draw: Draw) throws {
    var random = Seeded(41)
    for dimension in [8, 16, 24, 32, 40, 64, 72, 96, 128, 200, 256] {
      for groups in [1, 2, 3, 4, 7, 16] {
        let memory = GuardedMemory()
        defer { memory.release() }
        let neighbours = 16 * groups
        // With eight bytes behind them, codes begin where blocks of eight bytes may, not on a cache line.
        let codes = draw.bytes(groups * dimension * 8, &random)
        let guardedCodes = try memory.place(codes + [UInt8](repeating: 0, count: groups % 2 == 0 ? 8 : 0))
        let constants = try memory.place(draw.words(neighbours, &random))
        let steps = try memory.place(draw.bytes(neighbours, &random))
        let values = try memory.place(draw.signed(dimension, &random))
        let (constantScale, stepScale, base): (Float, Float, Float) = (0.0137, 0.00291, 17.3)
        let (unit, offset): (Float, Float) = (0.0173, 7.5 * Float(values.values.reduce(0) { $0 + Int($1) }))

        let slope = stepScale * unit
        let expected: [Float] = (0..<neighbours).map { lane in
          let sum = (0..<dimension).reduce(0) {
            $0 + Reference.code(codes, lane: lane, $1, dimension: dimension) * Int(values.pointer[$1])
          }
          let constant = Float(constants.pointer[lane]) * constantScale
          let fixed = base + constant
          let along = Float(steps.pointer[lane]) * slope
          let product = along * (Float(sum) - offset)
          return fixed - product
        }
        // A bound that one estimate equals: below it are those that are smaller.
        let bound = expected.sorted()[neighbours / 2]
        let edges = ck_edges(
          codes: guardedCodes.pointer, constants: constants.pointer, steps: steps.pointer,
          constant_scale: constantScale, step_scale: stepScale, base: base)
        let query = ck_edge_query(values: values.pointer, edge_dimension: dimension, unit: unit, offset: offset)
        for (name, kernels) in Self.runnable {
          let found = try memory.place(.nan as Float, count: neighbours)
          let below = try memory.place(0xA5A5 as UInt16, count: groups)
          withUnsafePointer(to: edges) { edges in
            withUnsafePointer(to: query) { query in
              kernels.row_estimates(edges, query, groups, bound, found.pointer, below.pointer)
            }
          }
          let label = "\(name), \(dimension) values, \(groups) groups"
          #expect(found.values.map(\.bitPattern) == expected.map(\.bitPattern), "\(label)")
          let marked = (0..<neighbours).map { below.pointer[$0 / 16] >> ($0 % 16) & 1 == 1 }
          #expect(marked == expected.map { $0 < bound }, "\(label)")
        }
      }
    }
  }

  @Test("products of codes are exact, one at a time and four at once", arguments: Draw.allCases)
  private func products(_ draw: Draw) throws {
    var random = Seeded(42)
    for n in stride(from: 16, through: 272, by: 16) + [512, 768, 1008, 4096] {
      let memory = GuardedMemory()
      defer { memory.release() }
      let query = try memory.place(draw.signed(n, &random))
      let codes = try (0..<4).map { _ in try memory.place(draw.signed(n, &random)) }
      let bias = Int32(128 * query.values.reduce(0) { $0 + Int($1) })
      let expected = codes.map { Int32(Reference.dot($0.values, query.values)) }
      for (name, kernels) in Self.runnable {
        let out = try memory.place(.min as Int32, count: 4)
        kernels.code_dot_four(
          codes[0].pointer, codes[1].pointer, codes[2].pointer, codes[3].pointer, query.pointer, n, bias, out.pointer)
        #expect(out.values == expected, "\(name), \(n) values")
        let single = codes.map { kernels.code_dot($0.pointer, query.pointer, n, bias) }
        #expect(single == expected, "\(name), \(n) values")
      }
    }
  }

  @Test("products of wide codes are those of integers of 32 bits, which wrap around", arguments: Draw.allCases)
  private func wideProducts(_ draw: Draw) throws {
    var random = Seeded(44)
    for n in stride(from: 8, through: 136, by: 8) + [512, 1_000, 1_008, 4_096] {
      let memory = GuardedMemory()
      defer { memory.release() }
      let query = try memory.place(draw.words(n, &random))
      let codes = try (0..<4).map { _ in try memory.place(draw.words(n, &random)) }
      let expected = codes.map { code in
        zip(code.values, query.values).reduce(Int32(0)) { $0 &+ Int32($1.0) * Int32($1.1) }
      }
      for (name, kernels) in Self.runnable {
        let out = try memory.place(.min as Int32, count: 4)
        kernels.wide_dot_four(
          codes[0].pointer, codes[1].pointer, codes[2].pointer, codes[3].pointer, query.pointer, n, 0, out.pointer)
        #expect(out.values == expected, "\(name), \(n) values")
        let single = codes.map { kernels.wide_dot($0.pointer, query.pointer, n, 0) }
        #expect(single == expected, "\(name), \(n) values")
      }
    }
  }

  @Test("a wide code is within half a unit of its vector, and no longer than products of 32 bits allow")
  func wideRounding() {
    var random = Seeded(45)
    func round(_ values: [Float]) -> (unit: Float, code: [Int16]) {
      var code = [Int16](repeating: 99, count: values.count)
      return (ck_round_to_int16(values, values.count, &code), code)
    }
    for n in [1, 2, 3, 8, 17, 64, 1_008] {
      for scale in [1e-25, 1e-3, 1, 1e12, 6e18] as [Float] {
        for isOneLong in [false, true] {
          var values = random.normals(n, scale: scale / Float(n).squareRoot() / 4)
          if isOneLong { values[n / 2] = scale }
          let (unit, code) = round(values)
          #expect(unit > 0 && unit.isFinite)
          for (value, rounded) in zip(values, code) {
            #expect(abs(Double(rounded) * Double(unit) - Double(value)) <= Double(unit) * 0.51)
          }
          let squared = code.reduce(0.0) { $0 + Double($1) * Double($1) }
          #expect(squared <= Double(Int32.max), "\(n) values of \(scale)")
          #expect(squared >= 32_000 * 32_000, "bits are left unused")
        }
      }
    }
    let nothing = round([0, -0, 0])
    #expect(nothing.unit == 0)
    #expect(nothing.code == [0, 0, 0])
  }

  /// Compares the projection of one vector onto `rows` directions with the reference, in all variants.
  private func project(matrix: [Int8], rows: Int, low: [UInt8], high: [UInt8]) throws {
    let memory = GuardedMemory()
    defer { memory.release() }
    let columns = low.count
    let sums = (0..<rows).map { r in
      Int32(128 * matrix[r * columns..<(r + 1) * columns].reduce(0) { $0 + Int($1) })
    }
    let expected = (0..<rows).map {
      Reference.project(matrix[$0 * columns..<($0 + 1) * columns], low: low, high: high)
    }
    let (matrix, rowSums) = try (memory.place(matrix), memory.place(sums))
    let (low, high) = try (memory.place(low), memory.place(high))
    for (name, kernels) in Self.runnable {
      let out = try memory.place(.nan as Float, count: rows)
      kernels.project(matrix.pointer, rowSums.pointer, rows, columns, low.pointer, high.pointer, out.pointer)
      #expect(
        out.values.map(\.bitPattern) == expected.map(\.bitPattern), "\(name), \(rows) rows of \(columns) columns")
    }
  }

  @Test("projections have the stated bits, for any number of rows", arguments: Draw.allCases)
  private func projections(_ draw: Draw) throws {
    var random = Seeded(43)
    for (rows, columns) in [(1, 64), (2, 64), (3, 128), (4, 192), (5, 64), (24, 128), (11, 768), (9, 4096)] {
      try project(
        matrix: draw.signed(rows * columns, &random), rows: rows, low: draw.bytes(columns, &random),
        high: draw.bytes(columns, &random))
    }
  }

  @Test("sums of 65,536 columns at the ends of all ranges do not overflow")
  func longestProjection() throws {
    let columns = 65_536
    for m in [Int8.min, .max] {
      for low in [UInt8.min, .max] {
        for high in [UInt8.min, .max] {
          try project(
            matrix: [Int8](repeating: m, count: columns * 5), rows: 5, low: [UInt8](repeating: low, count: columns),
            high: [UInt8](repeating: high, count: columns))
        }
      }
    }
  }

  @Test("edges get the stated codes, step, energy and product in every variant", arguments: Draw.allCases)
  private func edges(_ draw: Draw) throws {
    var random = Seeded(44)
    for n in stride(from: 8, through: 128, by: 8) + [192, 256, 1024] {
      for (fromScale, toScale): (Float, Float) in [(0.013, 0.0131), (0.02, 0.004), (1e-12, 1e-12), (3e12, 1e12)] {
        let memory = GuardedMemory()
        defer { memory.release() }
        let from = try memory.place(draw.signed(n, &random))
        let to = try memory.place(draw.signed(n, &random))
        let expected = Reference.encode(from: from.values, fromScale, to: to.values, toScale)
        for (name, kernels) in Self.runnable {
          let codes = try memory.place(99 as UInt8, count: n)
          let edge = kernels.encode_edge(from.pointer, fromScale, to.pointer, toScale, n, codes.pointer)
          #expect(codes.values == expected.codes, "\(name), \(n) values")
          #expect(edge.energy == expected.energy, "\(name), \(n) values")
          #expect(edge.step == expected.step, "\(name), \(n) values")
          #expect(edge.from_dot == expected.fromDot, "\(name), \(n) values")
        }
      }
    }
  }

  @Test("the step makes codes as long as the edge, along the edge, and they point nearly its way")
  func stepIsUnbiased() throws {
    var random = Seeded(45)
    for n in [24, 64, 128] {
      for _ in 0..<50 {
        let (from, to) = (Draw.any.signed(n, &random), Draw.any.signed(n, &random))
        let (fromScale, toScale): (Float, Float) = (0.013, 0.0131)
        var codes = [UInt8](repeating: 0, count: n)
        let edge = ck_best_code_kernels().pointee.encode_edge(from, fromScale, to, toScale, n, &codes)
        var (along, energy, squares) = (0.0, 0.0, 0.0)
        for i in 0..<n {
          let (y, c) = (Double(toScale) * Double(to[i]) - Double(fromScale) * Double(from[i]), Double(codes[i]) - 7.5)
          along += y * c
          energy += y * y
          squares += c * c
        }
        #expect(abs(Double(edge.energy) - energy) <= 1e-5 * energy)
        #expect(abs(Double(edge.step) * along - energy) <= 1e-5 * energy)
        #expect(along * along / (energy * squares) > 0.98)
      }
    }
  }

  @Test("an edge of no length has no energy and no step")
  func edgeOfNoLength() {
    var random = Seeded(46)
    let node = Draw.any.signed(64, &random)
    for (name, kernels) in Self.runnable {
      for (fromScale, toScale): (Float, Float) in [(0.25, 0.25), (0, 0)] {
        var codes = [UInt8](repeating: 99, count: 64)
        let edge = kernels.encode_edge(node, fromScale, node, toScale, 64, &codes)
        #expect(edge.energy == 0 && edge.step == 0, "\(name)")
        #expect(edge.from_dot == fromScale * 0.5 * Float(node.reduce(0) { $0 + Int($1) }), "\(name)")
        #expect(codes.allSatisfy { $0 == 8 }, "\(name)")
      }
    }
  }

  @Test("a packed edge is where its lane is, whatever was there, and nowhere else")
  func packing() throws {
    var random = Seeded(47)
    for dimension in [8, 24, 64] {
      let memory = GuardedMemory()
      defer { memory.release() }
      let row = try memory.place(0xFF as UInt8, count: 3 * dimension * 8)
      var edges = (0..<48).map { _ in [UInt8](repeating: 15, count: dimension) }
      for _ in 0..<200 {
        let lane = Int(random.next() >> 32) % 48
        edges[lane] = Draw.any.bytes(dimension, &random).map { $0 & 15 }
        ck_pack_edge(row.pointer, lane, try memory.place(edges[lane]).pointer, dimension)
      }
      let codes = row.values
      let unpacked = (0..<48).map { lane in
        (0..<dimension).map { UInt8(Reference.code(codes, lane: lane, $0, dimension: dimension)) }
      }
      #expect(unpacked == edges)
    }
  }

  @Test("estimates from encoded edges are near the squared distances", arguments: [24, 64, 128])
  func estimatesAreNear(_ dimension: Int) throws {
    var random = Seeded(48)
    let kernels = ck_best_code_kernels().pointee
    func coordinates() -> [Int8] { (0..<dimension).map { _ in Int8(max(-127, min(127, random.normal() * 35))) } }
    let scale: Float = 0.02
    let (node, query) = (coordinates(), coordinates())
    let neighbours = (0..<32).map { _ in coordinates() }
    func squaredDistance(_ a: [Int8], _ b: [Int8]) -> Float {
      zip(a, b).reduce(0) { $0 + (Float($1.0) - Float($1.1)) * (Float($1.0) - Float($1.1)) * scale * scale }
    }

    // |query - neighbour|² = |query - node|² + (|edge|² + 2 node · edge) - 2 query · edge
    var row = [UInt8](repeating: 0, count: 2 * dimension * 8)
    var (constants, steps) = ([Float](), [Float]())
    for (lane, neighbour) in neighbours.enumerated() {
      var codes = [UInt8](repeating: 0, count: dimension)
      let edge = kernels.encode_edge(node, scale, neighbour, scale, dimension, &codes)
      ck_pack_edge(&row, lane, codes, dimension)
      constants.append(edge.energy + 2 * edge.step * edge.from_dot)
      steps.append(2 * edge.step)
    }
    let constantScale = constants.reduce(0) { max($0, abs($1)) } / 32_767
    let stepScale = steps.reduce(0, max) / 255
    let constantUnits = constants.map { Int16(($0 / constantScale).rounded()) }
    let stepUnits = steps.map { UInt8(($0 / stepScale).rounded()) }
    var estimates = [Float](repeating: .nan, count: 32)
    var below = [UInt16](repeating: 0, count: 2)
    row.withUnsafeBufferPointer { row in
      constantUnits.withUnsafeBufferPointer { constants in
        stepUnits.withUnsafeBufferPointer { steps in
          query.withUnsafeBufferPointer { values in
            guard let row = row.baseAddress, let constants = constants.baseAddress, let steps = steps.baseAddress,
              let values = values.baseAddress
            else { return }
            var edges = ck_edges(
              codes: row, constants: constants, steps: steps, constant_scale: constantScale, step_scale: stepScale,
              base: squaredDistance(query, node))
            var asked = ck_edge_query(
              values: values, edge_dimension: dimension, unit: scale,
              offset: 7.5 * Float(query.reduce(0) { $0 + Int($1) }))
            kernels.row_estimates(&edges, &asked, 2, .infinity, &estimates, &below)
          }
        }
      }
    }
    #expect(below == [0xFFFF, 0xFFFF])
    let squares = zip(neighbours, estimates).reduce(Float(0)) {
      let distance = squaredDistance(query, $1.0)
      return $0 + ($1.1 - distance) / distance * (($1.1 - distance) / distance)
    }
    // Errors of the coordinates are independent: relative to the distance they shrink with the root of the dimension.
    #expect((squares / 32).squareRoot() <= 0.25 / Float(dimension).squareRoot())
  }

  @Test("the best code kernels run here, and stay the same")
  func bestIsChosenOnce() {
    let best = ck_best_code_kernels()
    #expect(best == ck_best_code_kernels())
    #expect(Self.runnable.contains { $0.name == String(cString: best.pointee.name) })
    #expect(ck_code_kernels_of(-1) == nil)
  }
}
