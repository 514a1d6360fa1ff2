import Files
import Foundation
import HNSW

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file beside a gallery that holds a snapshot of its index, and its temporaries.
///
/// A snapshot is written to a temporary of its own and renamed when it is whole, so that there is never half of one. A
/// temporary is locked (`flock`) as long as its process lives; without a lock it is rubbish. Whoever erases snapshots
/// removes temporaries too: the rename of one that is being written then fails, and nothing of it comes to stay.
struct SnapshotFile: Sendable {
  /// `people.gallery-index` for `people.gallery`, where the file really is.
  let path: String

  init(galleryAt gallery: String) {
    var resolved = gallery
    if let real = realpath(gallery, nil) {
      resolved = String(cString: real)
      free(real)
    }
    path = resolved + "-index"
  }

  /// Why a snapshot could not be written or removed.
  struct Failure: Error, CustomStringConvertible {
    var description: String

    init(foreign file: SnapshotFile) { description = file.foreignSentence }

    init(_ what: String, _ code: Int32 = errno) { description = "\(what): \(String(cString: strerror(code)))" }
  }

  var exists: Bool { access(path, F_OK) == 0 }

  /// Bytes in the file; 0 where there is none.
  var size: Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Whether a file of somebody else has the name: another gallery, which somebody called this one's name with `-index`
  /// behind. It is never written to, renamed or removed.
  ///
  /// A snapshot that a crash or a disk damaged is ours still: most of its first bytes are what they were, or all are zero.
  var isForeign: Bool {
    if DatabaseFiles.contain(path) { return true }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return false }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: IndexSnapshot.firstBytes.count)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return false }
    let same = zip(bytes, IndexSnapshot.firstBytes).count { $0 == $1 }
    return same < bytes.count / 2 && !bytes.allSatisfy { $0 == 0 }
  }

  /// What is in the way where ``isForeign``, and the way out.
  var foreignSentence: String {
    "\(path) is another program's file, or another gallery: move it away, or give the gallery another name"
  }

  private var temporaryPrefix: String { PathParts.name(of: path) + ".tmp-" }

  private var temporaries: [String] {
    let folder = PathParts.folder(of: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: PathParts.openFolder(of: path))) ?? []
    return names.filter { $0.hasPrefix(temporaryPrefix) }.map { PathParts.joined(folder, $0) }
      .filter { !DatabaseFiles.contain($0) }
  }

  /// A temporary that only this process has, with the rights of the gallery's file.
  func makeTemporary(rightsOf gallery: String) throws -> Temporary {
    let name = "\(path).tmp-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw Failure("\(name) cannot be made") }
    flock(descriptor, LOCK_EX | LOCK_NB)
    var status = stat()
    if stat(gallery, &status) == 0 { fchmod(descriptor, status.st_mode & 0o666) }
    return Temporary(path: name, descriptor: descriptor)
  }

  /// A snapshot that is being written.
  final class Temporary: Sendable {
    let path: String
    let descriptor: Int32

    init(path: String, descriptor: Int32) {
      self.path = path
      self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func discard() { unlink(path) }

    /// Puts the whole snapshot in the place of the one before, durably.
    ///
    /// - Returns: false if somebody has erased it meanwhile.
    func commit(to file: SnapshotFile) throws -> Bool {
      if file.isForeign { throw Failure(foreign: file) }
      guard fsync(descriptor) == 0 else { throw Failure("\(path) cannot be written") }
      guard rename(path, file.path) == 0 else {
        if errno == ENOENT { return false }
        throw Failure("\(path) cannot be renamed")
      }
      file.syncFolder()
      return true
    }
  }

  /// Removes what processes that are no more have left half written.
  func removeRubbish() {
    for temporary in temporaries {
      let descriptor = open(temporary, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(temporary) }
    }
  }

  /// Overwrites and removes the snapshot and all temporaries, those that are being written too.
  ///
  /// Temporaries first: one that becomes the snapshot meanwhile is removed as that.
  ///
  /// - Returns: whether there was anything of ours.
  @discardableResult
  func erase() throws -> Bool {
    var wasThere = false
    for name in temporaries + (isForeign ? [] : [path]) where try Self.erase(name) { wasThere = true }
    if wasThere { syncFolder() }
    return wasThere
  }

  private static func erase(_ path: String) throws -> Bool {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    if descriptor < 0 {
      if errno == ENOENT { return false }
      // What cannot be overwritten can perhaps be removed.
      guard unlink(path) == 0 || errno == ENOENT else { throw Failure("\(path) cannot be removed") }
      return true
    }
    defer { close(descriptor) }
    guard unlink(path) == 0 || errno == ENOENT else { throw Failure("\(path) cannot be removed") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return true }
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while offset < Int(status.st_size) {
      let count = zeros.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress, min($0.count, Int(status.st_size) - offset), off_t(offset))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure("\(path) cannot be overwritten") }
      offset += count
    }
    fsync(descriptor)
    return true
  }

  fileprivate func syncFolder() {
    let descriptor = open(PathParts.openFolder(of: path), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
