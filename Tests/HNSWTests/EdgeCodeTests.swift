import CKernels
import Seeded
import Testing

@Suite("Codes of edges")
struct EdgeCodeTests {
  @Test("edges get the stated codes, step, energy and product in every variant", arguments: CodeDraw.allCases)
  func edges(_ draw: CodeDraw) throws {
    var random = Seeded(44)
    for n in stride(from: 8, through: 128, by: 8) + [192, 256, 1024] {
      for (fromScale, toScale): (Float, Float) in [(0.013, 0.0131), (0.02, 0.004), (1e-12, 1e-12), (3e12, 1e12)] {
        let memory = GuardedMemory()
        defer { memory.release() }
        let from = try memory.place(draw.signed(n, &random))
        let to = try memory.place(draw.signed(n, &random))
        let expected = CodeReference.encode(from: from.values, fromScale, to: to.values, toScale)
        for (name, kernels) in CodeVariants.runnable {
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
        let (from, to) = (CodeDraw.any.signed(n, &random), CodeDraw.any.signed(n, &random))
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
    let node = CodeDraw.any.signed(64, &random)
    for (name, kernels) in CodeVariants.runnable {
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
        edges[lane] = CodeDraw.any.bytes(dimension, &random).map { $0 & 15 }
        ck_pack_edge(row.pointer, lane, try memory.place(edges[lane]).pointer, dimension)
      }
      let codes = row.values
      let unpacked = (0..<48).map { lane in
        (0..<dimension).map { UInt8(CodeReference.code(codes, lane: lane, $0, dimension: dimension)) }
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
}
