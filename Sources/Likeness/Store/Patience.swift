import Foundation
import GRDB
import GRDBSQLite

/// How long a connection waits for the locks of others, asking every other millisecond.
///
/// SQLite's own waiting sleeps for up to a tenth of a second between two looks. Beside a program that writes one transaction
/// after the other, the lock is free for a moment at a time, and who looks ten times a second may miss all of them.
enum Patience {
  private static let pause: Int32 = 2

  /// Lets a connection wait for so many seconds; not at all for 0, and for ever for infinity.
  static func set(_ seconds: Double, on db: Database) {
    guard let connection = db.sqliteConnection else { return }
    let milliseconds = milliseconds(seconds)
    guard milliseconds > 0 else {
      sqlite3_busy_handler(connection, nil, nil)
      return
    }
    // The number itself instead of an address: nothing has to outlive the connection.
    sqlite3_busy_handler(
      connection,
      { limit, tries in
        guard Int64(tries) * Int64(Patience.pause) < Int64(Int(bitPattern: limit)) else { return 0 }
        usleep(UInt32(Patience.pause) * 1_000)
        return 1
      }, UnsafeMutableRawPointer(bitPattern: milliseconds))
  }

  /// As many as there can be for what is more.
  private static func milliseconds(_ seconds: Double) -> Int {
    let milliseconds = (seconds * 1_000).rounded(.up)
    return milliseconds < Double(Int.max) ? Int(exactly: milliseconds) ?? 0 : .max
  }
}
