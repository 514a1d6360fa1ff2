import Crypto
import Foundation

/// Digests as this project writes them: SHA-256 in lower-case hexadecimal.
package enum Digest {
  /// The digest of some bytes.
  package static func of(_ bytes: some DataProtocol) -> String { SHA256.hash(data: bytes).hexadecimal }

  /// The digest of a name's composed (NFC) UTF-8: how cards and galleries know whom a model was trained on.
  package static func ofName(_ name: String) -> String {
    of(Data(name.precomposedStringWithCanonicalMapping.utf8))
  }
}
