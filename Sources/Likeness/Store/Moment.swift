import GRDB

/// The time of a write, as rows have it.
enum Moment {
  /// ISO 8601, UTC, with milliseconds.
  ///
  /// - Throws: where SQLite has no text for the time, as beyond the year 9999: the rows would have none either.
  static func now(in db: Database) throws -> String {
    guard let now = try db.text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')") else {
      throw GalleryError.invalidArgument(reason: beyond)
    }
    return now
  }

  /// What is said then.
  static let beyond =
    "this machine's clock is beyond the year 9999, and rows have to say when they were made: set it right"

  /// Whether SQLite's message is that a row has no time, which is its columns' default.
  static func isMissing(_ message: String) -> Bool {
    message.hasPrefix("NOT NULL constraint failed: ") && (message.hasSuffix("_at") || message.hasSuffix(".since"))
  }
}
