import Crypto
import Foundation

/// Whom, or what, a model was trained on, as its card says it: by hashes of names, in full while they are few, and by the
/// hashes' beginnings, which take an eighth of the room, where they are many.
struct IdentityHashes: Sendable, Hashable {
  /// The lower-case hexadecimal SHA-256 of each name, sorted; nil where there are too many, or none are known.
  var full: [String]?
  /// The first six bytes of each hash, sorted, as one text of base64: eight characters an identity; nil where all are
  /// listed in full. Among a million identities a name that is none of them is taken for one in 1 of 280 million cases.
  var prefixes: String?

  /// The bytes of a hash that a prefix has: as many as base64 writes without padding, and no two identities are likely to
  /// share.
  private static let prefixBytes = 6

  /// The hashes of names.
  init(names: [String]) {
    self.init(hashes: names.map(ModelCard.hash(ofName:)), prefixes: [])
  }

  /// Some in full, some of which nothing but their beginnings is known.
  private init(hashes: [String], prefixes: [[UInt8]]) {
    if prefixes.isEmpty, hashes.count <= ModelCard.mostListedIdentities {
      full = hashes.isEmpty ? nil : hashes.sorted()
    } else {
      let all = Set(hashes.compactMap(Self.prefix(ofHash:)) + prefixes)
      let sorted = all.sorted { $0.lexicographicallyPrecedes($1) }
      self.prefixes = Data(sorted.joined()).base64EncodedString()
    }
  }

  /// What a card lists, of any kind of model, and what it says that the model before it listed; nil where it lists nobody.
  init?(card: String?) {
    struct Card: Decodable {
      struct Parent: Decodable { var identitiesSHA256, identitiesSHA256Prefixes: Hashes? }
      /// What other programs may have written is no reason to read nothing else.
      enum Hashes: Decodable {
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
      }
      var identitiesSHA256, identitiesSHA256Prefixes: Hashes?
      var parent: Parent?
    }
    guard let card = card.flatMap({ try? JSONDecoder().decode(Card.self, from: Data($0.utf8)) }) else { return nil }
    var hashes: Set<String> = []
    var prefixes: [[UInt8]] = []
    for listed in [
      card.identitiesSHA256, card.identitiesSHA256Prefixes, card.parent?.identitiesSHA256,
      card.parent?.identitiesSHA256Prefixes,
    ] {
      switch listed {
      case .full(let full)?: hashes.formUnion(full)
      case .prefixes(let text)?: prefixes += Self.prefixes(in: text)
      case .unknown?, nil: break
      }
    }
    guard !hashes.isEmpty || !prefixes.isEmpty else { return nil }
    self.init(hashes: Array(hashes), prefixes: prefixes)
  }

  /// How many there are.
  var count: Int { full?.count ?? (prefixes?.utf8.count ?? 0) / 8 }

  /// All that are listed in full, and the beginnings of the others, for comparing.
  var known: (full: Set<String>, prefixes: Set<[UInt8]>) {
    (Set(full ?? []), Set(prefixes.map(Self.prefixes(in:)) ?? []))
  }

  /// The first bytes of a hash; nil for what is none.
  static func prefix(ofHash hash: String) -> [UInt8]? {
    let digits = Array(hash.utf8.prefix(2 * prefixBytes))
    guard digits.count == 2 * prefixBytes else { return nil }
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
    return bytes.count == prefixBytes ? bytes : nil
  }

  private static func prefixes(in text: String) -> [[UInt8]] {
    let bytes = [UInt8](Data(base64Encoded: text) ?? Data())
    return stride(from: 0, to: bytes.count - bytes.count % prefixBytes, by: prefixBytes).map {
      Array(bytes[$0..<$0 + prefixBytes])
    }
  }
}

/// A card that lists whom, or what, its model was trained on.
public protocol IdentityListing {
  /// The SHA-256 of each name, sorted; nil where there are too many to list them so.
  var identitiesSHA256: [String]? { get set }
  /// The beginnings of the hashes of many names; see ``ModelCard/identitiesSHA256Prefixes``.
  var identitiesSHA256Prefixes: String? { get set }
}

extension IdentityListing {
  /// Lists whom the model was trained on.
  mutating func list(_ names: [String]) { list(IdentityHashes(names: names)) }

  mutating func list(_ hashes: IdentityHashes?) {
    (identitiesSHA256, identitiesSHA256Prefixes) = (hashes?.full, hashes?.prefixes)
  }

  /// How many are listed.
  public var listedIdentities: Int {
    (identitiesSHA256?.count ?? 0) + (identitiesSHA256Prefixes?.utf8.count ?? 0) / 8
  }
}
