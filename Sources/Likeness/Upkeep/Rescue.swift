import Foundation

/// The way out of a file whose pages are damaged: what can be read of it goes into another, by hand.
enum Rescue {
  /// What to do, as a sentence without its subject.
  static func sentence(_ path: String) -> String {
    "restore a backup, or save what is readable: \(command(path)), and see 'likeness doctor \(result) --fix'"
  }

  /// Where it goes.
  private static let result = "recovered.gallery"

  /// A line for a shell.
  ///
  /// `.recover` knows more ways, but not every `sqlite3` has it (Debian's has not), and `.dump` reads from both ends
  /// what it cannot read in one go. What it prints of a damaged file ends by taking all of it back, and never says whose
  /// database it was, nor of which version.
  private static func command(_ path: String) -> String {
    let file = quoted(path)
    let version = "$(sqlite3 \(file) 'PRAGMA user_version')"
    let numbers = "PRAGMA application_id=\(GalleryFile.applicationID); PRAGMA user_version=\(version);"
    return "(sqlite3 \(file) .dump | sed 's/^ROLLBACK;.*/COMMIT;/'; echo \"\(numbers)\") | sqlite3 \(result)"
  }

  /// A path as a shell and `sqlite3` take it for one.
  private static func quoted(_ path: String) -> String {
    let path = path.hasPrefix("-") ? "./" + path : path
    let plain = path.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xFF:
        true
      default: "/._-+,@%:=".utf8.contains(byte)
      }
    }
    if plain { return path }
    // Scalar by scalar: an apostrophe with a mark that combines with it is a character of its own.
    let safe = path.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }
    return "'" + safe.joined() + "'"
  }
}
