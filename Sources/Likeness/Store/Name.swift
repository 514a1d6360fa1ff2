import Foundation
import GRDB

/// A name as it is stored and looked up.
enum Name {
  /// `name` in composed form, if an identity or an embedder can be called that.
  static func checked(_ name: String) throws -> String {
    if name.utf8.contains(0) {
      throw GalleryError.invalidName(
        name: name.replacing("\0", with: "␀"), reason: "it holds a NUL, where SQL ends a text: leave it out")
    }
    let isPlain = name.utf8.first.map { 33...126 ~= $0 } ?? false
    if !isPlain, name.allSatisfy(\.isWhitespace) {
      throw GalleryError.invalidName(name: name, reason: "it is empty: give one that a person can call it by")
    }
    if name.utf8.count > 1_000_000 {
      throw GalleryError.invalidName(name: name, reason: "it is longer than a million bytes: keep that in attributes")
    }
    return composed(name)
  }

  static func composed(_ name: String) -> String {
    name.utf8.allSatisfy { $0 < 0x80 } ? name : name.precomposedStringWithCanonicalMapping
  }

  /// The id of the identity with this name: byte for byte as given, or else composed.
  static func find(_ name: String, in db: Database) throws -> IdentityID? {
    let statement = try RawStatement(db, "SELECT id FROM identity WHERE name = ?")
    for form in [name, composed(name)] {
      statement.reset()
      try statement.bind(form, at: 1)
      if try statement.step() { return IdentityID(statement.integer(0)) }
    }
    return nil
  }

  /// The same, or ``GalleryError/unknownIdentity(name:)``.
  static func known(_ name: String, in db: Database) throws -> IdentityID {
    guard let id = try find(name, in: db) else { throw GalleryError.unknownIdentity(name: name) }
    return id
  }
}
