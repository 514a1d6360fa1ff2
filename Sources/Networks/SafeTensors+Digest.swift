import Crypto
import Digests
import Foundation

/// A file says its own SHA-256, under ``SafeTensors/digestKey`` in its metadata: of all its bytes, with zeros where the
/// digest's 64 digits stand. One that is damaged anywhere, in a weight or in a word of its header, is so told from the
/// one that was written. Files without it, of before or of other programs, are read as they are.
extension SafeTensors {
  /// The digest's key in the metadata, which is the file's own.
  static let digestKey = "sha256"
  /// What stands in the digest's place while it is computed.
  private static let blank = String(repeating: "0", count: 64)

  /// The metadata with room for the digest.
  static func unsealed(_ metadata: [String: String]) throws -> [String: String] {
    guard metadata[digestKey] == nil else {
      throw ModelFileError("the metadata key \"\(digestKey)\" is the file's own: rename it")
    }
    return metadata.merging([digestKey: blank]) { $1 }
  }

  /// Writes the digest into the bytes of a file whose metadata have room for it.
  ///
  /// - Parameter start: where the data begins.
  static func seal(_ file: inout Data, start: Int) {
    guard let digits = place(of: blank, in: file.prefix(start)) else { return }
    file.replaceSubrange(digits, with: Digest.of(file).utf8)
  }

  /// Compares a file's bytes with the digest that its header says.
  ///
  /// - Throws: ``ModelFileError`` where they are others.
  static func check(_ bytes: [UInt8], start: Int, digest: String) throws {
    let digits = digest.utf8.count == blank.utf8.count ? place(of: digest, in: Data(bytes[..<start])) : nil
    var found = SHA256()
    bytes.withUnsafeBytes { bytes in
      guard let digits else { return }
      found.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[..<digits.lowerBound]))
      found.update(data: Data(blank.utf8))
      found.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[digits.upperBound...]))
    }
    guard digits != nil, found.finalize().hexadecimal == digest else {
      throw ModelFileError(
        "the file is damaged or was changed by another program, its bytes are not those that were written (SHA-256): take "
          + "a sound copy of it, or make it again")
    }
  }

  /// Where a digest's digits stand in a header.
  private static func place(of digest: String, in header: Data) -> Range<Int>? {
    let name = Data("\"\(digestKey)\":\"".utf8)
    return header.range(of: name + Data(digest.utf8)).map { $0.lowerBound + name.count..<$0.upperBound }
  }
}
