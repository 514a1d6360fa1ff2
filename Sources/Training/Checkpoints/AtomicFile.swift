import Files
import Foundation

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
    do {
      try DurableFile.write(data, to: path, through: ".tmp")
    } catch let error as DurableFile.Failure {
      throw Failure(path: path, reason: reason(error))
    }
  }

  private static func reason(_ failure: DurableFile.Failure) -> String {
    switch failure.code {
    case ENOSPC: "the disk is full"
    case EDQUOT: "the disk quota is used up"
    case EFBIG: "a file may not become that large here"
    case EROFS: "the disk is read-only"
    case EACCES, EPERM: "writing there is not permitted"
    case ENOENT: "there is no such folder"
    default: failure.description
    }
  }
}
