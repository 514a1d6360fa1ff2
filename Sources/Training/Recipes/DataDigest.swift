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
    let items = folder.identities.flatMap { identity in identity.files.map { (identity: identity.name, file: $0) } }
    let lines = Workers().map(items) { item -> String? in
      guard let bytes = FileManager.default.contents(atPath: item.file) else { return nil }
      let name = (item.file as NSString).lastPathComponent
      return "\(SHA256.hash(data: bytes).hexadecimal)  \(item.identity)/\(name)\n"
    }
    var digest = SHA256()
    // By bytes, as `LC_ALL=C sort` does it: Swift's own order of strings is Unicode's.
    let sorted = zip(lines, items).sorted {
      ($0.0 ?? "").utf8.dropFirst(66).lexicographicallyPrecedes(($1.0 ?? "").utf8.dropFirst(66))
    }
    for (line, item) in sorted {
      guard let line else { throw PictureError(path: item.file, reason: "the file cannot be read") }
      digest.update(data: Data(line.utf8))
    }
    return digest.finalize().hexadecimal
  }
}
