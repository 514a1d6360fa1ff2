import Foundation

/// Whom, and what files, a model was trained on, as its card says it, with what it says of the model before it.
///
/// It reads cards of any kind of model: JSON objects with `identitiesSHA256` (digests of names, an array),
/// `identitiesSHA256Prefixes` and `filesSHA256Prefixes` (beginnings of digests, base64; see ``DigestList``), and the same
/// once more under `parent`.
package struct CardListing: Sendable {
  /// Digests of which some are known in full and some by their beginnings.
  package struct Known: Sendable {
    var full: Set<String> = []
    var prefixes: Set<[UInt8]> = []

    /// Whether none are known.
    package var isEmpty: Bool { full.isEmpty && prefixes.isEmpty }

    /// Whether a digest is one of them.
    package func contains(_ digest: String) -> Bool {
      full.contains(digest) || !prefixes.isEmpty && DigestList.prefix(of: digest).map(prefixes.contains) ?? false
    }

    /// The same as a card lists them.
    package func list(mostInFull: Int) -> DigestList? {
      isEmpty ? nil : DigestList(full, prefixes: prefixes, mostInFull: mostInFull)
    }
  }

  /// Of names of identities; see ``Digest/ofName(_:)``.
  package private(set) var names = Known()
  /// Of files.
  package private(set) var files = Known()

  /// Reads a card; nothing is known of one that cannot be read.
  package init(card: String?) {
    guard let card = card.flatMap({ try? JSONDecoder().decode(Card.self, from: Data($0.utf8)) }) else { return }
    for part in [card.own, card.parent].compactMap({ $0 }) {
      part.names?.add(to: &names)
      part.namePrefixes?.add(to: &names)
      part.filePrefixes?.add(to: &files)
    }
  }

  private struct Card: Decodable {
    var own: Part
    var parent: Part?

    enum CodingKeys: CodingKey { case parent }

    init(from decoder: any Decoder) throws {
      own = try Part(from: decoder)
      parent = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Part.self, forKey: .parent)
    }
  }

  private struct Part: Decodable {
    var names, namePrefixes, filePrefixes: Field?

    enum CodingKeys: String, CodingKey {
      case names = "identitiesSHA256"
      case namePrefixes = "identitiesSHA256Prefixes"
      case filePrefixes = "filesSHA256Prefixes"
    }
  }

  /// What other programs may have written in a field is no reason to read nothing else.
  private enum Field: Decodable {
    case full([String])
    case prefixes(String)
    case unknown

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let full = try? container.decode([String].self) {
        self = .full(full)
      } else if let prefixes = try? container.decode(String.self) {
        self = .prefixes(prefixes)
      } else {
        self = .unknown
      }
    }

    func add(to known: inout Known) {
      switch self {
      case .full(let full): known.full.formUnion(full)
      case .prefixes(let text): known.prefixes.formUnion(DigestList.prefixes(in: text))
      case .unknown: break
      }
    }
  }
}
