import Files
import Foundation
import Synchronization

/// Says to other processes that a folder is in use, as long as it is kept; the system lets go of it when the process ends,
/// however it ends. Within the process it is shared. A folder that it made, and that nothing was put into, goes with it.
final class FolderLock: Sendable {
  private let descriptor: CInt
  /// The folder, where it was made for the lock.
  private let made: String?

  private init(descriptor: CInt, made: String?) {
    (self.descriptor, self.made) = (descriptor, made)
    if let made { UnfinishedFiles.add(made) }
  }

  deinit {
    if let made {
      // Whose it is now is another's business, if it was removed and made again.
      var (own, there) = (stat(), stat())
      if fstat(descriptor, &own) == 0, stat(made, &there) == 0, Place(own) == Place(there) { _ = rmdir(made) }
      UnfinishedFiles.end(made)
    }
    close(descriptor)
  }

  private struct Place: Hashable {
    var device: UInt64
    var file: UInt64

    init(_ status: stat) { (device, file) = (UInt64(status.st_dev), UInt64(status.st_ino)) }
  }

  private struct Held {
    weak var lock: FolderLock?
  }

  private static let held = Mutex<[Place: Held]>([:])

  /// Takes the lock of a folder, which is made where it is not there.
  ///
  /// - Returns: nil where another process has it.
  /// - Throws: where the folder cannot be made.
  static func take(_ path: String) throws -> FolderLock? {
    while true {
      let isNew = mkdir(path, 0o777) == 0
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      // The folder itself is locked, so nothing is left lying in it.
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else {
        if errno == ENOENT { continue }
        throw CocoaError(.fileReadNoPermission)
      }
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { return FolderLock(descriptor: descriptor, made: nil) }
      let place = Place(status)
      let found = held.withLock { held -> (lock: FolderLock?, isOther: Bool) in
        held = held.filter { $0.value.lock != nil }
        if let own = held[place]?.lock {
          close(descriptor)
          return (own, false)
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
          close(descriptor)
          return (nil, true)
        }
        // A file system without locks has no way to say so: there it is as if nobody else were there.
        let lock = FolderLock(descriptor: descriptor, made: isNew ? path : nil)
        held[place] = Held(lock: lock)
        return (lock, false)
      }
      if found.isOther { return nil }
      // Another process may have ended and removed the folder between opening and locking it.
      if stat(path, &status) == 0, Place(status) == place { return found.lock }
    }
  }
}
