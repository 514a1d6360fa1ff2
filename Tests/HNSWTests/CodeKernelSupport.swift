import CKernels
import Seeded
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Arrays whose last byte is followed by a page that may not be touched: what reads or writes past their ends crashes.
final class GuardedMemory {
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
enum CodeReference {
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

/// How the values of a trial are drawn: any bits, or only the ends of the range.
enum CodeDraw: CaseIterable {
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

/// The variants of the code kernels.
enum CodeVariants {
  /// Those that the CPU at hand can run.
  static var runnable: [(name: String, kernels: ck_code_kernels)] {
    [CK_BASELINE, CK_AVX2, CK_AVX512, CK_NEON].compactMap { variant in
      ck_code_kernels_of(Int32(variant.rawValue)).map { (String(cString: $0.pointee.name), $0.pointee) }
    }
  }
}
