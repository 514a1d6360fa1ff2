#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes of a snapshot, of a file or of memory. Any thread may read.
final class SnapshotSource: Sendable {
  private let descriptor: Int32
  private let bytes: [UInt8]
  /// How many there are.
  let count: Int

  init(path: String) throws(SnapshotRefusal) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw SnapshotRefusal("it cannot be opened: \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw SnapshotRefusal("it is no file")
    }
    self.descriptor = descriptor
    bytes = []
    count = Int(status.st_size)
  }

  init(bytes: [UInt8]) {
    descriptor = -1
    self.bytes = bytes
    count = bytes.count
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Copies `count` bytes from `offset` on.
  func read(into target: UnsafeMutableRawPointer, count: Int, at offset: Int) throws(SnapshotRefusal) {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      throw .damaged("it ends too early")
    }
    if descriptor < 0 {
      bytes.withUnsafeBytes { bytes in
        if let start = bytes.baseAddress { target.copyMemory(from: start + offset, byteCount: count) }
      }
      return
    }
    var done = 0
    while done < count {
      let got = pread(descriptor, target + done, count - done, off_t(offset + done))
      if got < 0, errno == EINTR { continue }
      // Cut while it is read: there is nothing more to come.
      guard got > 0 else { throw got == 0 ? .damaged("it ends too early") : SnapshotRefusal("it cannot be read") }
      done += got
    }
  }
}
