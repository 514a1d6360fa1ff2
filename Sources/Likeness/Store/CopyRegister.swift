import Files
import Foundation
import GRDB

/// The table `copy`: copies of the gallery that the library made, and in which somebody who is forgotten may still be.
enum CopyRegister {
  /// Why a copy was made.
  enum Reason: String, Sendable {
    /// Somebody asked for it.
    case backup
    /// Before the schema changed.
    case migration
    /// Before rows were removed by `doctor`.
    case repair
  }

  struct Entry: Sendable, Hashable {
    var path: String
    var reason: String
  }

  static func add(_ path: String, reason: Reason, in db: Database) throws {
    let statement = try RawStatement(
      db,
      """
      INSERT INTO copy (path, reason) VALUES (?, ?) ON CONFLICT (path) DO UPDATE
      SET reason = excluded.reason, made_at = excluded.made_at
      """)
    try statement.bind(Links.absolute(path), at: 1)
    try statement.bind(reason.rawValue, at: 2)
    try statement.run()
  }

  /// The copies that are there still. Those that are not are struck off by ``strikeOff(_:in:)``.
  static func all(in db: Database) throws -> [Entry] {
    guard try db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'copy'") > 0 else { return [] }
    let rows = try RawStatement(db, "SELECT path, reason FROM copy ORDER BY path")
    var entries: [Entry] = []
    while try rows.step() { entries.append(Entry(path: rows.text(0) ?? "", reason: rows.text(1) ?? "")) }
    return entries
  }

  /// Copies beside a gallery that are called as those are that the library makes unasked, and are not among the known ones:
  /// whoever made them was cut off before that was noted.
  static func unnoted(besideGallery path: String, known: [Entry]) -> [Entry] {
    let path = Links.absolute(path)
    let folder = PathParts.folder(of: path)
    let name = PathParts.name(of: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: PathParts.openFolder(of: path))) ?? []
    return names.sorted().compactMap { other in
      guard other.hasPrefix(name + "."), let reason = reason(ofEnding: other.dropFirst(name.count)) else { return nil }
      let place = PathParts.joined(folder, other)
      // One that was noted elsewhere came here with the gallery.
      let isKnown = known.contains {
        DurableFile.isSame($0.path, place)
          || $0.reason != Reason.backup.rawValue && PathParts.name(of: $0.path) == other
      }
      guard !isKnown, DatabaseHeader(place)?.isGallery == true else { return nil }
      return Entry(path: place, reason: reason.rawValue)
    }
  }

  private static func reason(ofEnding ending: Substring) -> Reason? {
    if ending.wholeMatch(of: #/\.v\d+-backup(-\d+)?/#) != nil { return .migration }
    return ending.wholeMatch(of: #/\.before-doctor(-\d+)?/#) == nil ? nil : .repair
  }

  static func strikeOff(_ path: String, in db: Database) throws {
    let statement = try RawStatement(db, "DELETE FROM copy WHERE path = ?")
    try statement.bind(path, at: 1)
    try statement.run()
  }
}
