import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Symbolic links, followed as the system follows them.
package enum Links {
  /// As many as Linux follows.
  static let limit = 40

  /// Where the link at a path leads, one step; nil where there is none.
  static func step(from path: String) -> String? {
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { return nil }
    return target.hasPrefix("/") ? target : PathParts.joined(PathParts.folder(of: path), target)
  }

  /// What is behind a path whose last part is a link, be there a file or none.
  package static func followed(_ path: String) -> String {
    var path = path
    for _ in 0..<limit {
      guard let next = step(from: path) else { break }
      path = next
    }
    return path
  }

  /// The one absolute path of a file, be it there or not: without links, and with `..` as the system takes it, which
  /// behind a link to a folder is not the folder that is written before it.
  package static func absolute(_ path: String) -> String {
    let path = followed(path)
    if let real = real(path) { return real }
    let name = PathParts.name(of: path)
    guard name != "..", let folder = real(PathParts.openFolder(of: path)) else {
      return PathParts.standardized(path, from: FileManager.default.currentDirectoryPath)
    }
    return PathParts.joined(folder, name)
  }

  private static func real(_ path: String) -> String? {
    guard let bytes = realpath(path, nil) else { return nil }
    defer { free(bytes) }
    return String(cString: bytes)
  }
}
