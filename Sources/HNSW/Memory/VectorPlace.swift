#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where the exact vectors are kept: in memory, or in a file that the system maps in and may drop from memory.
///
/// The file has no name: it is unlinked as soon as it is open, so nothing is left of it however the process ends.
final class VectorPlace: @unchecked Sendable {
  private let descriptor: Int32
  private var end = 0

  /// Vectors in memory.
  init() { descriptor = -1 }

  /// Vectors in an unnamed file in a folder.
  ///
  /// - Throws: ``IndexError/mappingFailed(_:)`` if no file can be made there.
  init(folder: String) throws(IndexError) {
    var template = Array((folder + "/likeness-vectors-XXXXXX").utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      let way = errno == ENOENT || errno == ENOTDIR ? "make the folder" : "see to its room and rights"
      throw .mappingFailed("no file can be made in \(folder) (\(String(cString: strerror(errno)))): \(way)")
    }
    unlink(template)
    // Programs that this one starts have no business with it.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  var isMapped: Bool { descriptor >= 0 }

  func allocate(byteCount: Int) throws(IndexError) -> UnsafeMutablePointer<Float> {
    guard isMapped else {
      return UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: HugePages.alignment)
        .bindMemory(to: Float.self, capacity: byteCount / MemoryLayout<Float>.stride)
    }
    // Reserved now: a disk that fills later would be a crash at the first touch of a page.
    #if os(Linux)
      let failure = posix_fallocate(descriptor, off_t(end), off_t(byteCount))
    #else
      let failure = ftruncate(descriptor, off_t(end + byteCount)) == 0 ? 0 : errno
    #endif
    guard failure == 0 else {
      throw .mappingFailed("the file of vectors cannot grow (\(String(cString: strerror(failure)))): free some space")
    }
    let mapped = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, off_t(end))
    guard let mapped, mapped != MAP_FAILED else {
      let reason = String(cString: strerror(errno))
      throw .mappingFailed("the file of vectors cannot be mapped (\(reason)): free some memory")
    }
    end += byteCount
    return mapped.bindMemory(to: Float.self, capacity: byteCount / MemoryLayout<Float>.stride)
  }

  func release(_ chunk: UnsafeMutablePointer<Float>, byteCount: Int) {
    if isMapped { munmap(chunk, byteCount) } else { chunk.deallocate() }
  }

  /// Waits until a chunk is on the disk as it is now.
  func flush(_ chunk: UnsafeMutablePointer<Float>, byteCount: Int) -> Bool {
    !isMapped || msync(chunk, byteCount, MS_SYNC) == 0
  }

  func askForHugePages(_ chunk: UnsafeMutablePointer<Float>, byteCount: Int) {
    if !isMapped { HugePages.ask(for: chunk, byteCount: byteCount) }
  }

  func collapse(_ chunk: UnsafeMutablePointer<Float>, byteCount: Int) {
    if !isMapped { HugePages.collapse(chunk, byteCount: byteCount) }
  }
}
