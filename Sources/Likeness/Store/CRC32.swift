/// The CRC-32 of ISO 3309, as zlib, gzip and Python's `zlib.crc32` compute it. It tells a flipped bit, not a forger.
///
/// Eight bytes at a time, with eight tables ("slicing by 8"; Kounavis & Berry, *A systematic approach to building high
/// performance software-based CRC generators*, 2005).
package enum CRC32 {
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables[index] = tables[Int(before & 0xFF)] ^ before >> 8
    }
    return tables
  }()

  /// The checksum of these bytes.
  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var value = ~UInt32(0)
      var index = 0
      while index + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(value)
        // The first byte has the longest way to go, so it takes the last table.
        value = tables[7 * 256 + Int(word & 0xFF)]
        for place in 1..<8 { value ^= tables[(7 - place) * 256 + Int(word >> UInt64(8 * place) & 0xFF)] }
        index += 8
      }
      while index < bytes.count {
        value = tables[Int((value ^ UInt32(bytes[index])) & 0xFF)] ^ value >> 8
        index += 1
      }
      return ~value
    }
  }
}
