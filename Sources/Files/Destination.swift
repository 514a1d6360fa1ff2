import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What is at a path that somebody wants to write to, behind symbolic links.
package enum Destination: Equatable {
  /// A file at this path, or nothing yet.
  case file(String)
  /// What bytes can be sent through: a pipe, a terminal, a device of characters. A file that is given with it is open
  /// already, in this process.
  case stream(open: Int32?)
  case folder
  /// A disk, say.
  case other

  /// Looks at a path.
  ///
  /// - Throws: `DurableFile.Failure` for links that go in a circle, and for what is no path.
  package init(_ path: String) throws {
    guard PathParts.isPath(path) else {
      let shown = path.replacing("\0", with: "␀")
      throw DurableFile.Failure(description: "\"\(shown)\": \(PathParts.noPath)", code: EINVAL)
    }
    var place = path
    var status = stat()
    for _ in 0..<Links.limit {
      if let number = Self.descriptor(place) {
        self = .stream(open: number)
        return
      }
      guard lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else {
        self = Self.kind(place)
        return
      }
      // What the system links to without a name that could be opened.
      if stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFSOCK {
        self = .stream(open: nil)
        return
      }
      guard let next = Links.step(from: place) else { break }
      place = next
    }
    throw DurableFile.Failure(description: "\(path) is a link that leads nowhere", code: ELOOP)
  }

  /// Whether a folder is at a path.
  package static func isFolder(_ path: String) -> Bool { PathParts.isPath(path) && kind(path) == .folder }

  private static func kind(_ path: String) -> Destination {
    var status = stat()
    guard stat(path, &status) == 0 else { return .file(path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(path)
    case S_IFDIR: return .folder
    case S_IFIFO, S_IFCHR, S_IFSOCK: return .stream(open: nil)
    default: return .other
    }
  }

  /// The number of an open file that a path names: `/dev/fd/63`, and `/dev/stdout` behind its link.
  private static func descriptor(_ path: String) -> Int32? {
    for folder in ["/dev/fd/", "/proc/self/fd/", "/proc/\(getpid())/fd/"] where path.hasPrefix(folder) {
      if let number = Int32(path.dropFirst(folder.count)), fcntl(number, F_GETFD) >= 0 { return number }
    }
    return nil
  }

  /// Why no file can be put there, and the way out; without its subject.
  package var refusal: String {
    switch self {
    case .file: "is a file"
    case .stream: "is a pipe or a device, and no file can take its place: name a file"
    case .folder: "is a folder: name a file in it"
    case .other: "is neither a file nor a folder, and no file can take its place: name a file"
    }
  }
}
