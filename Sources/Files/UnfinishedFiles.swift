import Foundation
import Locks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that this process is making under temporary names, so that none of them stays when it is made to end; and
/// those that processes left which could not tidy up.
///
/// The name says which process makes a file. It is not locked, as snapshots of the index are: SQLite locks the copies it
/// makes, and not every system keeps its locks and ours apart.
package enum UnfinishedFiles {
  private static let paths = Locked<Set<String>>([])

  /// A temporary name beside `path` for what becomes it, kept here until `DurableFile.publish` or `remove`.
  ///
  /// What processes that are no more have left of earlier files for `path` is removed.
  package static func begin(_ path: String) -> String {
    removeRubbish(of: path)
    let temporary = DurableFile.temporaryName(for: path)
    add(temporary)
    return temporary
  }

  /// Keeps a path that is to be removed: a file, or a folder as long as nothing is in it.
  package static func add(_ temporary: String) { paths.withLock { _ = $0.insert(temporary) } }

  /// Keeps it no longer.
  package static func end(_ temporary: String) { paths.withLock { _ = $0.remove(temporary) } }

  /// Removes all of them, with what SQLite keeps beside its own; no other is begun until `body` has returned.
  package static func removeAll(andThen body: () -> Void) {
    paths.withLock { paths in
      for path in paths {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
        rmdir(path)
      }
      paths = []
      body()
    }
  }

  private static func removeRubbish(of path: String) {
    let folder = PathParts.folder(of: path)
    let prefix = PathParts.name(of: path) + ".partial-"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: PathParts.openFolder(of: path))) ?? []
    for name in names where name.hasPrefix(prefix) {
      let parts = name.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count > 1, let process = pid_t(parts[0]), process > 0 else { continue }
      let other = PathParts.joined(folder, name)
      if isGone(process, maker: other) { unlink(other) }
    }
  }

  /// Whether nobody makes a file any more. A process with our own number is this one, or was one before it.
  private static func isGone(_ process: pid_t, maker path: String) -> Bool {
    if process == getpid() {
      return paths.withLock { paths in !paths.contains { path.hasPrefix($0) } }
    }
    return kill(process, 0) != 0 && errno == ESRCH
  }
}
