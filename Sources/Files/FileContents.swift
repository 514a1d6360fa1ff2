import Foundation

/// Reads files that somebody names, but never those of a database that is open here; see ``DatabaseFiles``.
package enum FileContents {
  /// A file's bytes; nil where it cannot be read.
  package static func of(_ path: String) -> Data? {
    DatabaseFiles.contain(path) ? nil : FileManager.default.contents(atPath: path)
  }

  /// A file to be read piece by piece; nil where it cannot be opened.
  package static func handle(_ path: String) -> FileHandle? {
    DatabaseFiles.contain(path) ? nil : FileHandle(forReadingAtPath: path)
  }
}
