import Locks

/// The files of a database that this process has open: the database, its write-ahead log and the index of that.
///
/// Nothing but SQLite may open them here. When any other descriptor of such a file is closed, the system drops the locks that
/// SQLite has on it, and the next program that closes the database takes the log away under this one. So whoever opens files
/// that somebody names asks here first; and whoever writes to the database asks whether its files are still where others
/// look for them.
package final class DatabaseFiles: Sendable {
  private struct Entry {
    /// The paths, and the files that were there when they were first seen.
    var files: [(path: String, file: FileIdentity?)]

    /// By what is at the paths now: of a log that is gone, another file may have got the number.
    func contains(_ file: FileIdentity) -> Bool {
      files.contains { FileIdentity($0.path) == file }
    }
  }

  private static let suffixes = ["", "-wal", "-shm"]
  private static let open = Locked<[ObjectIdentifier: Entry]>([:])

  /// The database's path as it was given.
  private let path: String

  /// The files of the database at a path, which was opened; as long as this is kept.
  ///
  /// - Parameter hasLog: whether those beside it belong to it.
  package init(of path: String, hasLog: Bool = true) {
    self.path = path
    let place = Links.absolute(path)
    let places = Self.suffixes.prefix(hasLog ? 3 : 1).map { place + $0 }
    let entry = Entry(files: places.map { ($0, FileIdentity($0)) })
    Self.open.withLock { $0[ObjectIdentifier(self)] = entry }
  }

  deinit { Self.open.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(self)) } }

  /// The first of their paths at which the file is no more, or another; nil where all are as they were.
  ///
  /// A log that comes into being later is taken for the database's: its connections have opened it before they write.
  package var missing: String? {
    Self.open.withLock { open in
      for (place, known) in (open[ObjectIdentifier(self)]?.files ?? []).enumerated() {
        let now = FileIdentity(known.path)
        if known.file == now { continue }
        if known.file != nil { return path + Self.suffixes[place] }
        open[ObjectIdentifier(self)]?.files[place].file = now
      }
      return nil
    }
  }

  /// Whether a path leads to a file of a database that is open, by whatever name.
  package static func contain(_ path: String) -> Bool {
    open.withLock { open in
      guard !open.isEmpty, let file = FileIdentity(path) else { return false }
      return open.values.contains { $0.contains(file) }
    }
  }

  /// Why such a file is neither read nor replaced, without its subject; nil for any other.
  package static func refusal(of path: String) -> String? {
    contain(path) ? "is a gallery that this process has open, or belongs to one: name another file" : nil
  }
}
