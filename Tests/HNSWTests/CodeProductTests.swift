import CKernels
import Seeded
import Testing

@Suite("Products of node codes")
struct CodeProductTests {
  @Test("products of codes are exact, one at a time and four at once", arguments: CodeDraw.allCases)
  func products(_ draw: CodeDraw) throws {
    var random = Seeded(42)
    for n in stride(from: 16, through: 272, by: 16) + [512, 768, 1008, 4096] {
      let memory = GuardedMemory()
      defer { memory.release() }
      let query = try memory.place(draw.signed(n, &random))
      let codes = try (0..<4).map { _ in try memory.place(draw.signed(n, &random)) }
      let bias = Int32(128 * query.values.reduce(0) { $0 + Int($1) })
      let expected = codes.map { Int32(CodeReference.dot($0.values, query.values)) }
      for (name, kernels) in CodeVariants.runnable {
        let out = try memory.place(.min as Int32, count: 4)
        kernels.code_dot_four(
          codes[0].pointer, codes[1].pointer, codes[2].pointer, codes[3].pointer, query.pointer, n, bias, out.pointer)
        #expect(out.values == expected, "\(name), \(n) values")
        let single = codes.map { kernels.code_dot($0.pointer, query.pointer, n, bias) }
        #expect(single == expected, "\(name), \(n) values")
      }
    }
  }

  @Test("products of wide codes are those of integers of 32 bits, which wrap around", arguments: CodeDraw.allCases)
  func wideProducts(_ draw: CodeDraw) throws {
    var random = Seeded(44)
    for n in stride(from: 8, through: 136, by: 8) + [512, 1_000, 1_008, 4_096] {
      let memory = GuardedMemory()
      defer { memory.release() }
      let query = try memory.place(draw.words(n, &random))
      let codes = try (0..<4).map { _ in try memory.place(draw.words(n, &random)) }
      let expected = codes.map { code in
        zip(code.values, query.values).reduce(Int32(0)) { $0 &+ Int32($1.0) * Int32($1.1) }
      }
      for (name, kernels) in CodeVariants.runnable {
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
}
