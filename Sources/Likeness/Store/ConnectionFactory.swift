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
  func makeWriter() throws -> DatabaseQueue { try make(queryOnly: mode != .readWrite) }

  /// A connection that only reads.
  func makeReader() throws -> DatabaseQueue { try make(queryOnly: true) }

  private func make(queryOnly: Bool) throws -> DatabaseQueue {
    var configuration = Configuration()
    // A reader, too, opens the file for writing where it can: SQLite needs that to make the files beside it that
    // readers and writers share. `query_only` keeps its hands off the tables.
    configuration.readonly = mode == .immutable
    configuration.foreignKeysEnabled = true
    configuration.label = "likeness"
    let synchronous = durability == .full ? "FULL" : "NORMAL"
    let busyTimeout = busyTimeout
    configuration.prepareDatabase { db in
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
