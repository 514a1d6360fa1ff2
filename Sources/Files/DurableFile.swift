import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that are there wholly or not at all, whatever happens.
package enum DurableFile {
  /// Why it did not work, in the system's words.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
    /// The system's number for it; 0 where the system did not object.
    package var code: Int32 = 0
  }

  /// Makes an empty file, which those may read and write who may read and write the file at `owner`: from the first byte on,
  /// nobody else.
  ///
  /// - Throws: ``Failure`` where there is such a file, or none can be made.
  package static func make(_ path: String, rightsOf owner: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if file < 0 { throw failure("\(path) cannot be made") }
    give(file, rightsOf: owner)
    close(file)
  }

  /// Whoever made a file can always write it, also where the other one is for reading alone.
  private static func give(_ file: Int32, rightsOf owner: String) {
    var status = stat()
    if stat(owner, &status) == 0 { fchmod(file, status.st_mode & 0o666 | 0o600) }
  }

  /// Where what shall be at `path` has to be made: behind symbolic links, be there a file or none.
  ///
  /// - Throws: ``Failure`` for what no file can take the place of: a folder, a pipe, a device.
  package static func place(of path: String) throws -> String {
    let destination = try Destination(path)
    guard case .file(let place) = destination else {
      throw Failure(description: "\(path) \(destination.refusal)")
    }
    return place
  }

  /// Makes a finished file durable, and gives it its name.
  ///
  /// - Parameter replacing: whether another file of that name gives way; if not, there being one is a failure.
  package static func publish(_ temporary: String, as path: String, replacing: Bool) throws {
    if let reason = DatabaseFiles.refusal(of: path) { throw Failure(description: "\(path) \(reason)") }
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
    UnfinishedFiles.end(temporary)
    try? synchronize(PathParts.openFolder(of: path))
  }

  /// Replaces a file, or makes one: whoever is cut off at any moment leaves what was there, or all of what is new.
  ///
  /// - Parameters:
  ///   - suffix: how the temporary's name ends where one writer at a time is certain, so that one who was cut off
  ///     leaves no more than one; nil for a name that nobody else has.
  ///   - owner: the file whose readers may read it; nil for whom the process allows it usually.
  /// - Throws: ``Failure``; what was there is as it was, and nothing else is left.
  package static func write(
    _ data: Data, to path: String, through suffix: String? = nil, rightsOf owner: String? = nil
  ) throws {
    let path = try place(of: path)
    for own in [path, suffix.map { path + $0 }] {
      guard let own, let reason = DatabaseFiles.refusal(of: own) else { continue }
      throw Failure(description: "\(own) \(reason)")
    }
    let temporary = suffix.map { path + $0 } ?? UnfinishedFiles.begin(path)
    UnfinishedFiles.add(temporary)
    let rights: mode_t = owner == nil ? 0o644 : 0o600
    let file = open(temporary, O_WRONLY | O_CREAT | (suffix == nil ? O_EXCL : O_TRUNC) | O_CLOEXEC, rights)
    if file < 0 {
      UnfinishedFiles.end(temporary)
      throw failure("\(temporary) cannot be made")
    }
    do {
      defer { close(file) }
      if let owner { give(file, rightsOf: owner) }
      try put(data, into: file, path: temporary)
    } catch {
      remove(temporary)
      throw error
    }
    do { try publish(temporary, as: path, replacing: true) } catch {
      remove(temporary)
      throw error
    }
  }

  private static func put(_ data: Data, into file: Int32, path: String) throws {
    try data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        let count = pwrite(file, rest.baseAddress, rest.count, off_t(done))
        if count < 0, errno == EINTR { continue }
        if count <= 0 { throw failure("\(path) cannot be written") }
        done += count
      }
    }
  }

  /// Removes a file, if it is there.
  package static func remove(_ path: String) {
    unlink(path)
    UnfinishedFiles.end(path)
  }

  /// `path`, or with a number behind it where there is such a file: nothing is ever replaced.
  package static func unusedName(_ path: String) -> String {
    var candidate = path
    var number = 1
    // A link that leads nowhere is something, too.
    var status = stat()
    while lstat(candidate, &status) == 0 {
      number += 1
      candidate = "\(path)-\(number)"
    }
    return candidate
  }

  /// Returns when a file, or the entries of a folder, are on the disk.
  package static func synchronize(_ path: String) throws {
    let file = open(path, O_RDONLY)
    if file < 0 { throw failure("\(path) cannot be opened") }
    defer { close(file) }
    if fsync(file) != 0 { throw failure("\(path) cannot be written to the disk") }
  }

  /// Whether two paths lead to one file.
  package static func isSame(_ a: String, _ b: String) -> Bool {
    guard let first = FileIdentity(a), let second = FileIdentity(b) else { return false }
    return first == second
  }

  /// Whether a path leads to a file, and not to a folder, a pipe or a device.
  package static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The size of a file in bytes; nil where there is none.
  package static func size(_ path: String) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int
  }

  private static func failure(_ what: String) -> Failure {
    let code = errno
    let reason = code == EFBIG ? ProcessLimits.fileSizeSentence : String(cString: strerror(code))
    return Failure(description: "\(what): \(reason)", code: code)
  }
}
