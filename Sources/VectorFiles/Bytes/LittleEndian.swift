/// Numbers as files hold them: little-endian, at any address.
enum LittleEndian {
  /// All float32 values of `bytes`.
  static func floats(_ bytes: UnsafeRawBufferPointer) -> [Float] {
    [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
      count = bytes.count / 4
      UnsafeMutableRawBufferPointer(buffer).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes.prefix(4 * count)))
      #if _endian(big)
        for index in 0..<count { buffer[index] = Float(bitPattern: buffer[index].bitPattern.byteSwapped) }
      #endif
    }
  }

  static func int32(_ bytes: UnsafeRawBufferPointer) -> Int {
    Int(Int32(littleEndian: bytes.loadUnaligned(as: Int32.self)))
  }

  /// An IEEE 754 half, which not every processor that Swift runs on has a type for.
  static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}
