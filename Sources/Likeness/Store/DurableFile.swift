import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that are there wholly or not at all, whatever happens.
enum DurableFile {
  /// Why it did not work, in the system's words.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// A name beside `path` for what becomes it.
  static func temporaryName(for path: String) -> String { "\(path).partial-\(UUID().uuidString.prefix(8))" }

  /// Makes a finished file durable, and gives it its name.
  ///
  /// - Parameter replacing: whether another file of that name gives way; if not, there being one is a failure.
  static func publish(_ temporary: String, as path: String, replacing: Bool) throws {
    try synchronize(temporary)
    if replacing {
      if rename(temporary, path) != 0 { throw failure("\(temporary) cannot be renamed to \(path)") }
    } else if link(temporary, path) == 0 {
      unlink(temporary)
    } else if errno == EEXIST {
      throw Failure(description: "\(path) exists already")
    } else {
      // A file system without links.
      if FileManager.default.fileExists(atPath: path) { throw Failure(description: "\(path) exists already") }
      if rename(temporary, path) != 0 { throw failure("\(temporary) cannot be renamed to \(path)") }
    }
    try? synchronize(URL(fileURLWithPath: path).deletingLastPathComponent().path)
  }

  /// Removes a file, if it is there.
  static func remove(_ path: String) { unlink(path) }

  /// `path`, or with a number behind it where there is such a file: nothing is ever replaced.
  static func unusedName(_ path: String) -> String {
    var candidate = path
    var number = 1
    while FileManager.default.fileExists(atPath: candidate) {
      number += 1
      candidate = "\(path)-\(number)"
    }
    return candidate
  }

  /// Returns when a file, or the entries of a folder, are on the disk.
  static func synchronize(_ path: String) throws {
    let file = open(path, O_RDONLY)
    if file < 0 { throw failure("\(path) cannot be opened") }
    defer { close(file) }
    if fsync(file) != 0 { throw failure("\(path) cannot be written to the disk") }
  }

  /// Whether two paths lead to one file.
  static func isSame(_ a: String, _ b: String) -> Bool {
    var first = stat()
    var second = stat()
    guard stat(a, &first) == 0, stat(b, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// The size of a file in bytes; nil where there is none.
  static func size(_ path: String) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int
  }

  private static func failure(_ what: String) -> Failure {
    Failure(description: "\(what): \(String(cString: strerror(errno)))")
  }
}
