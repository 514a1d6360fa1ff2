/// The parts of a path, as text.
///
/// Not Foundation's: `deletingLastPathComponent` ends the process on Linux for a path of one character, and a `URL`
/// takes `~` for somebody's home, which only a shell does.
package enum PathParts {
  /// The folder that a path is in, as it is written: nothing where only a name is, `/` for what is in the root.
  package static func folder(of path: String) -> String {
    let bytes = path.utf8
    let (start, _) = name(in: bytes)
    var end = start
    while end > bytes.startIndex, bytes[bytes.index(before: end)] == slash { end = bytes.index(before: end) }
    if end == bytes.startIndex { return bytes.first == slash ? "/" : "" }
    return String(path[..<end])
  }

  /// The same, as a folder that can be opened.
  package static func openFolder(of path: String) -> String {
    let folder = folder(of: path)
    return folder.isEmpty ? "." : folder
  }

  /// The last part of a path, without slashes behind it; `/` for the root.
  package static func name(of path: String) -> String {
    let (start, end) = name(in: path.utf8)
    return start == end && path.utf8.first == slash ? "/" : String(path[start..<end])
  }

  /// The path of a name in a folder.
  package static func joined(_ folder: String, _ name: String) -> String {
    folder.isEmpty || folder.utf8.last == slash ? folder + name : folder + "/" + name
  }

  /// The path from the root, with `.` and `..` taken away as they are written: `folder` is where one begins that does
  /// not begin at the root.
  package static func standardized(_ path: String, from folder: String) -> String {
    let path = path.utf8.first == slash ? path : joined(folder, path)
    var parts: [Substring] = []
    for part in path.utf8.split(separator: slash).map({ Substring($0) }) {
      switch part {
      case ".": continue
      case "..": _ = parts.popLast()
      default: parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Whether a file can have this path at all: it is not empty, and has no NUL, where the system would end it.
  package static func isPath(_ path: String) -> Bool { !path.isEmpty && !path.utf8.contains(0) }

  /// What is said of one that none can have; without its subject.
  package static let noPath = "this is no path: name a file"

  /// What is said where the folder of a file is not there; without its subject.
  package static func noFolder(_ folder: String) -> String {
    "there is no folder \(folder): make it first"
      + (folder.hasPrefix("~") ? ", or write somebody's home in full, which only a shell calls ~" : "")
  }

  private static let slash = UInt8(ascii: "/")

  /// Where the last part is, which is empty in a path of slashes alone.
  private static func name(in bytes: String.UTF8View) -> (start: String.Index, end: String.Index) {
    var end = bytes.endIndex
    while end > bytes.startIndex, bytes[bytes.index(before: end)] == slash { end = bytes.index(before: end) }
    var start = end
    while start > bytes.startIndex, bytes[bytes.index(before: start)] != slash { start = bytes.index(before: start) }
    return (start, end)
  }
}
