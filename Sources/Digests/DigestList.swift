import Foundation

/// Digests of names, or of files, as a model card lists them: in full while they are few, and by their beginnings, which
/// take an eighth of the room, where they are many.
package struct DigestList: Sendable, Hashable {
  /// The lower-case hexadecimal SHA-256 of each, sorted; nil where there are too many, or none are known.
  package private(set) var full: [String]?
  /// The first six bytes of each, sorted, as one text of base64: eight characters each; nil where all are listed in full.
  /// Among a million digests one that is none of them is taken for one in 1 of 280 million cases.
  package private(set) var prefixes: String?

  /// The bytes of a digest that a prefix has: as many as base64 writes without padding, and no two are likely to share.
  private static let prefixBytes = 6

  /// Some in full, and some of which nothing but their beginnings is known.
  ///
  /// - Parameter mostInFull: Of more than these the beginnings alone are listed.
  package init(_ digests: some Collection<String>, prefixes: Set<[UInt8]> = [], mostInFull: Int) {
    if prefixes.isEmpty, digests.count <= mostInFull {
      full = digests.isEmpty ? nil : Set(digests).sorted()
    } else {
      let all = Set(digests.compactMap(Self.prefix(of:))).union(prefixes)
      let sorted = all.sorted { $0.lexicographicallyPrecedes($1) }
      self.prefixes = Data(sorted.joined()).base64EncodedString()
    }
  }

  /// How many there are.
  package var count: Int { Self.count(full, prefixes) }

  /// How many digests the fields of a card hold.
  package static func count(_ full: [String]?, _ prefixes: String?) -> Int {
    (full?.count ?? 0) + (prefixes?.utf8.count ?? 0) / 8
  }

  /// The first bytes of a digest; nil for what is none.
  static func prefix(of digest: String) -> [UInt8]? {
    let digits = Array(digest.utf8.prefix(2 * prefixBytes))
    guard digits.count == 2 * prefixBytes else { return nil }
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
    return bytes.count == prefixBytes ? bytes : nil
  }

  /// The beginnings that a text of base64 holds.
  static func prefixes(in text: String) -> Set<[UInt8]> {
    let bytes = [UInt8](Data(base64Encoded: text) ?? Data())
    return Set(
      stride(from: 0, to: bytes.count - bytes.count % prefixBytes, by: prefixBytes).map {
        Array(bytes[$0..<$0 + prefixBytes])
      })
  }
}
