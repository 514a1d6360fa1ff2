import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A snapshot on its way into a file: appends pieces and keeps their checksums.
struct SnapshotOutput {
  /// Why bytes could not be written.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private let descriptor: Int32
  private(set) var sums: [UInt64] = []
  private var end = 0

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Bytes are read, summed and handed on so many at a time, so that they come from the memory only once.
  static let step = 262_144

  /// The checksum of a piece, which says its place too: pieces in another order are another snapshot.
  static func sum(_ bytes: UnsafeRawBufferPointer, piece: Int) -> UInt64 {
    var sum = UInt64(piece)
    var at = 0
    while at < bytes.count, let start = bytes.baseAddress {
      let count = min(step, bytes.count - at)
      sum = ck_checksum(start + at, count, sum)
      at += count
    }
    return sum
  }

  /// Appends a piece.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
    if bytes.isEmpty { return }
    sums.append(Self.sum(bytes, piece: sums.count))
    try write(bytes, at: end)
    end += bytes.count
  }

  /// Appends an array as a piece.
  mutating func append<Element: BitwiseCopyable>(_ elements: [Element]) throws {
    try elements.withUnsafeBytes { try append($0) }
  }

  /// Continues at an offset; what lies between reads as zeros.
  mutating func move(to offset: Int) { end = offset }

  /// Appends the checksums of all pieces.
  ///
  /// - Returns: the digest of the snapshot.
  mutating func finish() throws -> UInt64 {
    try sums.withUnsafeBytes { bytes in
      try write(bytes, at: end)
      return Self.sum(bytes, piece: sums.count)
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count, let start = bytes.baseAddress {
      let count = pwrite(descriptor, start + done, min(bytes.count - done, 8 << 20), off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure(description: String(cString: strerror(errno))) }
      done += count
    }
  }
}
