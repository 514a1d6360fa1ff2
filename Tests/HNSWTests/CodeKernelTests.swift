import CKernels
import Seeded
import Testing

@Suite("Code kernels")
struct CodeKernelTests {
  @Test("estimates have the stated bits at every size, and the stated bits below a bound", arguments: CodeDraw.allCases)
  func estimates(_ draw: CodeDraw) throws {
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
            $0 + CodeReference.code(codes, lane: lane, $1, dimension: dimension) * Int(values.pointer[$1])
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
        for (name, kernels) in CodeVariants.runnable {
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

  /// Compares the projection of one vector onto `rows` directions with the reference, in all variants.
  func project(matrix: [Int8], rows: Int, low: [UInt8], high: [UInt8]) throws {
    let memory = GuardedMemory()
    defer { memory.release() }
    let columns = low.count
    let sums = (0..<rows).map { r in
      Int32(128 * matrix[r * columns..<(r + 1) * columns].reduce(0) { $0 + Int($1) })
    }
    let expected = (0..<rows).map {
      CodeReference.project(matrix[$0 * columns..<($0 + 1) * columns], low: low, high: high)
    }
    let (matrix, rowSums) = try (memory.place(matrix), memory.place(sums))
    let (low, high) = try (memory.place(low), memory.place(high))
    for (name, kernels) in CodeVariants.runnable {
      let out = try memory.place(.nan as Float, count: rows)
      kernels.project(matrix.pointer, rowSums.pointer, rows, columns, low.pointer, high.pointer, out.pointer)
      #expect(
        out.values.map(\.bitPattern) == expected.map(\.bitPattern), "\(name), \(rows) rows of \(columns) columns")
    }
  }

  @Test("projections have the stated bits, for any number of rows", arguments: CodeDraw.allCases)
  func projections(_ draw: CodeDraw) throws {
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

  @Test("the best code kernels run here, and stay the same")
  func bestIsChosenOnce() {
    let best = ck_best_code_kernels()
    #expect(best == ck_best_code_kernels())
    #expect(CodeVariants.runnable.contains { $0.name == String(cString: best.pointee.name) })
    #expect(ck_code_kernels_of(-1) == nil)
  }
}
