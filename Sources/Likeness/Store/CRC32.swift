import CKernels

/// The CRC-32 of ISO 3309, as zlib, gzip and Python's `zlib.crc32` compute it. It tells a flipped bit, not a forger.
package enum CRC32 {
  /// The checksum of these bytes.
  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 { ck_crc32(bytes.baseAddress, bytes.count) }
}
