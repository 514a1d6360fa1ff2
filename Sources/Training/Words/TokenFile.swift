import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers of tokens in a temporary file that has no name any more, mapped into memory: the system keeps as much of it
/// in memory as there is room, whatever the corpus's size.
final class TokenFile: @unchecked Sendable {
  // Unchecked: writing ends before the map is shared.

  /// How many tokens there are.
  private(set) var count = 0
  private let descriptor: Int32
  private var pending: [Int32] = []
  private var map: UnsafeMutableRawPointer?

  init() throws {
    var template = Array(
      (NSTemporaryDirectory() as NSString).appendingPathComponent("likeness-tokens-XXXXXX").utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw WordTrainingError.temporaryFile(reason: String(cString: strerror(errno)))
    }
    _ = template.withUnsafeBufferPointer { unlink($0.baseAddress!) }
    // Programs that this one starts have no business with it.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    pending.reserveCapacity(1 << 16)
  }

  deinit {
    if let map { munmap(map, count * 4) }
    close(descriptor)
  }

  /// Writes a token behind the others.
  func append(_ token: Int32) throws {
    pending.append(token)
    if pending.count == 1 << 16 { try flush() }
  }

  private func flush() throws {
    try pending.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let result = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
        if result < 0 {
          if errno == EINTR { continue }
          throw WordTrainingError.temporaryFile(reason: String(cString: strerror(errno)))
        }
        written += result
      }
    }
    count += pending.count
    pending.removeAll(keepingCapacity: true)
  }

  /// The tokens, for reading and writing; nothing is appended any more.
  func tokens() throws -> UnsafeMutableBufferPointer<Int32> {
    if map == nil {
      try flush()
      if count == 0 { return UnsafeMutableBufferPointer(start: nil, count: 0) }
      guard let mapped = mmap(nil, count * 4, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED
      else { throw WordTrainingError.temporaryFile(reason: String(cString: strerror(errno))) }
      map = mapped
    }
    return UnsafeMutableBufferPointer(start: map?.assumingMemoryBound(to: Int32.self), count: count)
  }
}
