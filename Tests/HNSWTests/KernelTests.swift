import CKernels
import Seeded
import Testing

@Suite("Kernels")
struct KernelTests {
  static let variants = [CK_BASELINE, CK_AVX2, CK_AVX512, CK_NEON]
  /// The variants that the CPU at hand can run.
  static var runnable: [ck_kernels] { variants.compactMap { ck_kernels_of($0)?.pointee } }
  static var dimensions: [Int] {
    Array(1...160) + [191, 255, 256, 257, 383, 511, 512, 513, 767, 768, 1000, 1023, 1536]
  }

  /// Two vectors of n values each, `offset` floats after an aligned address, with NaN around them.
  private static func withVectors(
    _ n: Int, offset: Int, rows: Int, seed: UInt64, _ body: ([UnsafeMutablePointer<Float>]) -> Void
  ) {
    var random = Seeded(seed)
    let memory = (0..<rows).map { _ in
      UnsafeMutableRawPointer.allocate(byteCount: (n + 64) * 4, alignment: 64).bindMemory(
        to: Float.self, capacity: n + 64)
    }
    defer { memory.forEach { $0.deallocate() } }
    for row in memory {
      row.initialize(repeating: .nan, count: n + 64)
      for i in 0..<n { row[16 + offset + i] = random.normal() }
    }
    body(memory.map { $0 + 16 + offset })
  }

  @Test("every variant agrees with double precision at every length and alignment, and reads nothing beyond it")
  func agreesWithDoublePrecision() {
    #expect(Self.runnable.count >= 1)
    for kernels in Self.runnable {
      for n in Self.dimensions {
        for offset in [0, 1, 3] {
          Self.withVectors(n, offset: offset, rows: 2, seed: UInt64(n * 7 + offset)) { rows in
            var squared = 0.0
            var product = 0.0
            var magnitude = 0.0
            for i in 0..<n {
              let (a, b) = (Double(rows[0][i]), Double(rows[1][i]))
              squared += (a - b) * (a - b)
              product += a * b
              magnitude += abs(a * b)
            }
            let name = String(cString: kernels.name)
            let l2 = Double(kernels.squared_l2(rows[0], rows[1], n))
            let dot = Double(kernels.dot(rows[0], rows[1], n))
            #expect(abs(l2 - squared) <= 2e-6 * squared + 1e-12, "\(name) L2 of \(n) at offset \(offset)")
            #expect(abs(dot - product) <= 2e-6 * magnitude + 1e-12, "\(name) dot of \(n) at offset \(offset)")
          }
        }
      }
    }
  }

  @Test("four rows at once give the same bits as four calls")
  func fourAreFourTimesOne() {
    for kernels in Self.runnable {
      for n in Self.dimensions {
        Self.withVectors(n, offset: n % 3, rows: 5, seed: UInt64(n)) { rows in
          let query = rows[0]
          var l2 = [Float](repeating: .nan, count: 4)
          var dot = l2
          kernels.squared_l2_four(query, rows[1], rows[2], rows[3], rows[4], n, &l2)
          kernels.dot_four(query, rows[1], rows[2], rows[3], rows[4], n, &dot)
          let name = String(cString: kernels.name)
          for i in 0..<4 {
            #expect(l2[i] == kernels.squared_l2(query, rows[1 + i], n), "\(name), \(n) values, row \(i)")
            #expect(dot[i] == kernels.dot(query, rows[1 + i], n), "\(name), \(n) values, row \(i)")
          }
        }
      }
    }
  }

  @Test("equal vectors are at distance zero, exactly")
  func equalVectorsAreAtZero() {
    for kernels in Self.runnable {
      for n in Self.dimensions {
        Self.withVectors(n, offset: 1, rows: 1, seed: 5) { rows in
          #expect(kernels.squared_l2(rows[0], rows[0], n) == 0)
        }
      }
    }
  }

  @Test("zeros behind a vector change no bit's meaning: padded rows give what the rows give")
  func paddingAddsNothing() {
    for kernels in Self.runnable {
      for n in 1...100 {
        let padded = (n + 15) & ~15
        var random = Seeded(UInt64(n))
        let a = random.normals(n) + [Float](repeating: 0, count: padded - n)
        let b = random.normals(n) + [Float](repeating: 0, count: padded - n)
        let exact = zip(a, b).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
        #expect(abs(Double(kernels.squared_l2(a, b, padded)) - exact) <= 2e-6 * exact)
      }
    }
  }

  @Test("the best kernels run here, and stay the same")
  func bestIsChosenOnce() {
    let best = ck_best_kernels()
    #expect(best == ck_best_kernels())
    #expect(ck_kernels_of(best.pointee.variant) == best)
  }

  @Test("the norm is finite exactly when all values are")
  func normFindsWhatIsNotFinite() {
    for n in [1, 2, 7, 64, 129] {
      for at in [0, n / 2, n - 1] {
        for bad in [Float.nan, .infinity, -.infinity] {
          var x = [Float](repeating: 1, count: n)
          x[at] = bad
          #expect(!ck_norm_squared(x, n).isFinite)
        }
      }
      let huge = [Float](repeating: .greatestFiniteMagnitude, count: n)
      #expect(ck_norm_squared(huge, n).isFinite)
      let tiny = [Float](repeating: .leastNonzeroMagnitude, count: n)
      #expect(ck_norm_squared(tiny, n) > 0)
    }
  }

  @Test("the CRC-32 is the same by instructions, by tables, and by the book, for every length and alignment")
  func checksums() {
    func byTheBook(_ bytes: ArraySlice<UInt8>) -> UInt32 {
      ~bytes.reduce(~UInt32(0)) { value, byte in
        (0..<8).reduce(value ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
      }
    }
    #expect(ck_crc32("123456789", 9) == 0xCBF4_3926)
    #expect(ck_crc32(nil, 0) == 0)
    var random = Seeded(9)
    let bytes = (0..<700).map { _ in UInt8.random(in: 0...255, using: &random) }
    for count in Array(0...200) + [255, 256, 257, 511, 512, 513, 600] {
      for start in 0..<4 {
        let slice = bytes[start..<start + count]
        let expected = byTheBook(slice)
        slice.withUnsafeBytes { raw in
          #expect(ck_crc32(raw.baseAddress, count) == expected)
          #expect(ck_crc32_by_tables(raw.baseAddress, count) == expected)
        }
      }
    }
  }
}
