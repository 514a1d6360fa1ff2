import Crypto
import Digests
import Files
import Foundation
import VectorFiles

/// SHA-256 of the beginning of a file, which is read once however far the beginning grows.
struct PrefixHash {
  private let path: String
  private var hash = SHA256()
  private var offset = 0
  private static let part = 1 << 20

  init(path: String) { self.path = path }

  /// The hash of the first `end` bytes, or of all where there are fewer; `end` never becomes less.
  mutating func text(before end: Int) throws -> String {
    guard let file = FileContents.handle(path) else {
      throw VectorFileError(path: path, reason: "cannot be opened any more")
    }
    defer { try? file.close() }
    try file.seek(toOffset: UInt64(offset))
    while offset < end {
      guard let bytes = try file.read(upToCount: min(Self.part, end - offset)), !bytes.isEmpty else { break }
      hash.update(data: bytes)
      offset += bytes.count
    }
    return hash.finalize().hexadecimal
  }

  /// A file's hash.
  static func ofFile(_ path: String) throws -> String {
    var hash = PrefixHash(path: path)
    return try hash.text(before: .max)
  }
}
