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
/// The name says which process of which system makes a file. It is not locked, as snapshots of the index are: SQLite locks the
/// copies it makes, and not every system keeps its locks and ours apart.
package enum UnfinishedFiles {
  private static let paths = Locked<Set<String>>([])

  /// A temporary name beside `path` for what becomes it, kept here until `DurableFile.publish` or `remove`.
  ///
  /// What processes that are no more have left of earlier files for `path` is removed.
  package static func begin(_ path: String) -> String {
    removeRubbish(of: path)
    let temporary = "\(path)\(Maker.here.mark)\(UUID().uuidString.prefix(8))"
    add(temporary)
    return temporary
  }

  /// Whether a file is called as those are that are not finished.
  package static func isName(_ name: String) -> Bool { name.contains(#/\.partial-\d+(-[0-9a-f]{8})?-[0-9A-F]{8}$/#) }

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

  /// Such a file, or what SQLite keeps beside it.
  private static func isOurs(_ name: String) -> Bool {
    isName(name)
      || ["-journal", "-wal", "-shm"].contains { name.hasSuffix($0) && isName(String(name.dropLast($0.count))) }
  }

  /// Removes what processes that are no more have left of files for `path`.
  package static func removeRubbish(of path: String) {
    let folder = PathParts.folder(of: path)
    let prefix = PathParts.name(of: path) + ".partial-"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: PathParts.openFolder(of: path))) ?? []
    for name in names where name.hasPrefix(prefix) && isOurs(name) {
      guard let maker = Maker(name.dropFirst(prefix.count)) else { continue }
      let other = PathParts.joined(folder, name)
      if isGone(maker, of: other) { unlink(other) }
    }
  }

  /// Whether nobody makes a file any more. A process with our own number is this one, or was one before it.
  private static func isGone(_ maker: Maker, of path: String) -> Bool {
    if maker.system != Maker.here.system { return isOld(path) }
    if maker.process == getpid() {
      return paths.withLock { paths in !paths.contains { path.hasPrefix($0) } }
    }
    return kill(maker.process, 0) != 0 && errno == ESRCH
  }

  /// Whether nobody has written to a file for an hour.
  private static func isOld(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return false }
    #if canImport(Darwin)
      let seconds = status.st_mtimespec.tv_sec
    #else
      let seconds = status.st_mtim.tv_sec
    #endif
    return time(nil) - seconds > 3_600
  }

  /// Who makes a file, as its name tells.
  private struct Maker {
    static let here = Maker(system: systemMark, process: getpid())

    /// Which processes its number is one of: in containers that share a folder, one number is several processes.
    var system: Substring
    var process: pid_t

    init(system: Substring, process: pid_t) { (self.system, self.process) = (system, process) }

    /// Reads what follows `.partial-` in a name, which did not always say the system; nil for what is none of ours.
    init?(_ rest: Substring) {
      let parts = rest.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count > 1, let process = pid_t(parts[0]), process > 0 else { return nil }
      self.init(system: parts.count > 2 ? parts[1] : "", process: process)
    }

    /// What a name has between the path and its own end.
    var mark: String { ".partial-\(process)-\(system)-" }

    /// Eight digits for the start of this system, and for its processes that see each other.
    private static var systemMark: Substring {
      var hash: UInt32 = 2_166_136_261
      for byte in (bootMark + (namespace ?? "")).utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
      return Substring(String(UInt64(hash) + (1 << 32), radix: 16).suffix(8))
    }

    private static var namespace: String? {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    }

    /// Linux's mark of its start; elsewhere the name of the machine.
    private static var bootMark: String {
      let mark = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id")
      return mark.map { String(decoding: $0, as: UTF8.self) } ?? ProcessInfo.processInfo.hostName
    }
  }
}
