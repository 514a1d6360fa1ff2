import Files
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads a whole regular file of bounded size.
enum PictureFile {
  /// Throws `PictureError` for anything but a readable regular file within the limits. Never waits for a writer: a
  /// FIFO is opened without blocking and refused.
  static func contents(_ path: String, limits: PictureLimits) throws -> [UInt8] {
    if let reason = DatabaseFiles.refusal(of: path) { throw PictureError(reason: "this \(reason)") }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      switch code {
      case ENOENT, ENOTDIR: throw PictureError(reason: "there is no such file")
      case EACCES, EPERM: throw PictureError(reason: "the file may not be read: check its permissions")
      default: throw PictureError(reason: "the file cannot be opened (\(String(cString: strerror(code))))")
      }
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw PictureError(reason: "the file cannot be examined (\(String(cString: strerror(errno))))")
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw PictureError(reason: "this is a folder: name a picture file")
    default: throw PictureError(reason: "this is not a regular file: name a picture file")
    }
    try limits.check(fileBytes: Int(status.st_size))
    return try readAll(descriptor, expected: Int(status.st_size), limits: limits)
  }

  private static func readAll(_ descriptor: Int32, expected: Int, limits: PictureLimits) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: expected + 1)
    var filled = 0
    while true {
      // A file may grow while it is read, and some file systems report no size.
      if filled == bytes.count { bytes += [UInt8](repeating: 0, count: max(bytes.count, 65_536)) }
      let got = bytes.withUnsafeMutableBytes { buffer in
        read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else {
        throw PictureError(reason: "the file cannot be read (\(String(cString: strerror(errno))))")
      }
      if got == 0 { break }
      filled += got
      try limits.check(fileBytes: filled)
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }
}
