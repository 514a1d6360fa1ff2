import Crypto
import Foundation
import Images
import Networks

/// A digest of a folder of folders: of the pictures' bytes and of the names of identities and files.
///
/// It is the SHA-256 of a text with a line a picture, `sha256 of the file`, two spaces, `identity/file`, sorted by bytes, so
/// that anybody can compute it: `find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` in the folder.
public enum DataDigest {
  /// The digest in lower-case hexadecimal.
  ///
  /// - Throws: `PictureError` where a file cannot be read.
  public static func sha256(of folder: PictureFolder) throws -> String {
    try sha256(
      of: folder.identities.flatMap { identity in
        identity.files.map { (name: "\(identity.name)/\(($0 as NSString).lastPathComponent)", path: $0) }
      })
  }

  /// The digest of files under the names that stand in its lines.
  ///
  /// - Throws: `PictureError` where a file cannot be read.
  static func sha256(of files: [(name: String, path: String)]) throws -> String {
    let lines = Workers().map(files) { file -> String? in
      guard let bytes = FileManager.default.contents(atPath: file.path) else { return nil }
      return "\(SHA256.hash(data: bytes).hexadecimal)  \(file.name)\n"
    }
    var digest = SHA256()
    // By bytes, as `LC_ALL=C sort` does it: Swift's own order of strings is Unicode's.
    let sorted = zip(lines, files).sorted {
      ($0.0 ?? "").utf8.dropFirst(66).lexicographicallyPrecedes(($1.0 ?? "").utf8.dropFirst(66))
    }
    for (line, file) in sorted {
      guard let line else { throw PictureError(path: file.path, reason: "the file cannot be read") }
      digest.update(data: Data(line.utf8))
    }
    return digest.finalize().hexadecimal
  }
}
