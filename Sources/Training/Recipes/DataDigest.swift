import Crypto
import Digests
import Files
import Foundation
import Images
import Networks

/// A digest of a folder of folders: of the pictures' bytes and of the names of identities and files; and of each file.
///
/// ``sha256`` is the SHA-256 of a text with a line a picture, `sha256 of the file`, two spaces, `identity/file`, sorted by bytes, so
/// that anybody can compute it: `find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` in the folder.
public struct DataDigest: Sendable, Hashable {
  /// The digest of all in lower-case hexadecimal.
  public let sha256: String
  /// The digest of each file's bytes, in the order of the lines.
  public let files: [String]

  /// Reads a folder's pictures.
  ///
  /// - Throws: `PictureError` where a file cannot be read.
  public init(of folder: PictureFolder) throws {
    try self.init(
      of: folder.identities.flatMap { identity in
        identity.files.map { (name: "\(identity.name)/\(($0 as NSString).lastPathComponent)", path: $0) }
      })
  }

  /// The digest of files under the names that stand in its lines.
  ///
  /// - Throws: `PictureError` where a file cannot be read.
  init(of files: [(name: String, path: String)]) throws {
    let lines = Workers().map(files) { file in Self.ofFile(file.path).map { "\($0)  \(file.name)\n" } }
    var digest = SHA256()
    var digests: [String] = []
    // By bytes, as `LC_ALL=C sort` does it: Swift's own order of strings is Unicode's.
    let sorted = zip(lines, files).sorted {
      ($0.0 ?? "").utf8.dropFirst(66).lexicographicallyPrecedes(($1.0 ?? "").utf8.dropFirst(66))
    }
    for (line, file) in sorted {
      guard let line else { throw PictureError(path: file.path, reason: "the file cannot be read") }
      digest.update(data: Data(line.utf8))
      digests.append(String(line.prefix(64)))
    }
    (sha256, self.files) = (digest.finalize().hexadecimal, digests)
  }

  /// The digest of a file's bytes; nil where it cannot be read.
  static func ofFile(_ path: String) -> String? {
    FileContents.of(path).map { Digest.of($0) }
  }
}
