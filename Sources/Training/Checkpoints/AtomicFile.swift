import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Replaces a file whole or not at all.
public enum AtomicFile {
  /// Why a file could not be written, in words.
  public struct Failure: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
    /// The file.
    public let path: String
    /// What the system said.
    public let reason: String
    /// The file and the reason.
    public var description: String { "\(path) cannot be written: \(reason)" }
    /// The same sentence.
    public var errorDescription: String? { description }
  }

  /// Writes to a temporary name beside `path`, makes sure that it is on the disk, and gives it the name: whoever is cut off
  /// at any moment leaves what was there, or all of what is new.
  ///
  /// - Throws: ``Failure``; what was there is as it was, and the temporary file is gone.
  public static func write(_ data: Data, to path: String) throws {
    let temporary = path + ".tmp"
    func failure() -> Failure { Failure(path: path, reason: Self.reason(errno)) }
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure() }
    var problem: Failure?
    data.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count, problem == nil {
        #if canImport(Glibc)
          let count = Glibc.write(file, bytes.baseAddress! + written, bytes.count - written)
        #elseif canImport(Musl)
          let count = Musl.write(file, bytes.baseAddress! + written, bytes.count - written)
        #else
          let count = Darwin.write(file, bytes.baseAddress! + written, bytes.count - written)
        #endif
        if count > 0 {
          written += count
        } else if count == 0 || errno != EINTR {
          problem = failure()
        }
      }
    }
    if problem == nil, fsync(file) != 0 { problem = failure() }
    if close(file) != 0, problem == nil { problem = failure() }
    if problem == nil, rename(temporary, path) != 0 { problem = failure() }
    if let problem {
      unlink(temporary)
      throw problem
    }
    let folder = open((path as NSString).deletingLastPathComponent.nonEmpty ?? ".", O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case ENOSPC: "the disk is full"
    case EDQUOT: "the disk quota is used up"
    case EFBIG: "a file may not become that large here"
    case EROFS: "the disk is read-only"
    case EACCES, EPERM: "writing there is not permitted"
    case ENOENT: "there is no such folder"
    default: String(cString: strerror(code))
    }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
