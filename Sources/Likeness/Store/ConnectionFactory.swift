import CDatabaseConfiguration
import Files
import Foundation
import GRDB

/// How connections to one gallery file are opened.
struct ConnectionFactory: Sendable {
  /// Which way a file is opened.
  enum Mode: Sendable, Hashable {
    /// Reading and writing.
    case readWrite
    /// Reading a file that others may write.
    case readOnly
    /// Reading a file that nobody can write, so that neither locks nor a shared-memory file are needed.
    case immutable
  }

  let path: String
  let mode: Mode
  let busyTimeout: Double
  let durability: GalleryConfiguration.Durability

  /// The connection that writes, if the mode allows it.
  ///
  /// - Parameter isKnown: whether the file is a gallery. Until that is known, its log stays as it is also where the connection
  ///   is the last one to be closed (``keepLog(_:of:)``): a log may be all that there is of the last commits.
  func makeWriter(isKnown: Bool = true) throws -> DatabaseQueue {
    try make(queryOnly: mode != .readWrite, isKnown: isKnown)
  }

  /// A connection that only reads.
  func makeReader() throws -> DatabaseQueue { try make(queryOnly: true) }

  /// Whether a connection leaves the log as it is where it is the last one to be closed. SQLite would write it into whatever
  /// file is beside it, and remove it.
  func keepLog(_ isKept: Bool, of queue: DatabaseQueue) {
    queue.inDatabase { db in Self.keepLog(isKept, db) }
  }

  private static func keepLog(_ isKept: Bool, _ db: Database) {
    if let connection = db.sqliteConnection {
      _ = likeness_keep_log(UnsafeMutableRawPointer(connection), isKept ? 1 : 0)
    }
  }

  /// Closes a connection that kept the log, and does not leave an empty one behind.
  func closeKeeping(_ queue: DatabaseQueue) throws {
    if DurableFile.size(path + "-wal") ?? 0 == 0 { keepLog(false, of: queue) }
    try queue.close()
  }

  private func make(queryOnly: Bool, isKnown: Bool = true) throws -> DatabaseQueue {
    var configuration = Configuration()
    // A reader, too, opens the file for writing where it can: SQLite needs that to make the files beside it that
    // readers and writers share. `query_only` keeps its hands off the tables.
    configuration.readonly = mode == .immutable
    configuration.foreignKeysEnabled = true
    configuration.label = "likeness"
    let synchronous = durability == .full ? "FULL" : "NORMAL"
    let busyTimeout = busyTimeout
    let keepsLog = mode == .readOnly || !isKnown
    configuration.prepareDatabase { db in
      if keepsLog { Self.keepLog(true, db) }
      Patience.set(busyTimeout, on: db)
      try db.execute(
        sql: """
          PRAGMA secure_delete = ON;
          PRAGMA temp_store = MEMORY;
          PRAGMA cache_size = -8000;
          PRAGMA recursive_triggers = ON;
          PRAGMA synchronous = \(synchronous);
          """)
      if queryOnly { try db.execute(sql: "PRAGMA query_only = ON") }
    }
    return try DatabaseQueue(path: mode == .immutable ? immutableURI : path, configuration: configuration)
  }

  private var immutableURI: String {
    let absolute = Links.absolute(path)
    let encoded = absolute.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? absolute
    return "file:\(encoded)?immutable=1"
  }
}
