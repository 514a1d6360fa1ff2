import Files
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Names of files that leave no room for those of the files beside a gallery.
enum LongName {
  /// What the names of the files have more that have to be there while a gallery is open.
  static let log = "-wal".utf8.count
  /// What the longest of all has more: an index that is being saved, with two numbers.
  static let neighbours = "-index.tmp-".utf8.count + 10 + 1 + 20

  /// Why a path's name is too long for a gallery, with the way out; nil where it is not.
  ///
  /// - Parameter bytes: How many more than its own the longest name beside it has.
  static func reason(_ path: String, neighbour bytes: Int = neighbours) -> String? {
    let most = pathconf(PathParts.openFolder(of: path), Int32(_PC_NAME_MAX))
    let count = PathParts.name(of: path).utf8.count
    guard most > 0, count + bytes > most else { return nil }
    return "its name has \(count) bytes, and those of the files beside a gallery have up to \(bytes) more, of \(most) "
      + "that there may be: give it a shorter name"
  }
}
