import Digests

/// A card that lists whom, or what, its model was trained on.
public protocol TrainingListing {
  /// The SHA-256 of each name, sorted; nil where there are too many to list them so.
  var identitiesSHA256: [String]? { get set }
  /// The beginnings of the hashes of many names; see ``ModelCard/identitiesSHA256Prefixes``.
  var identitiesSHA256Prefixes: String? { get set }
  /// The beginnings of the files' hashes; see ``ModelCard/filesSHA256Prefixes``.
  var filesSHA256Prefixes: String? { get set }
}

extension TrainingListing {
  /// Lists whom the model was trained on.
  mutating func list(names: [String]) {
    list(names: DigestList(names.map(Digest.ofName), mostInFull: ModelCard.mostListedIdentities))
  }

  /// Lists the files that the model was trained on, by their digests.
  mutating func list(files digests: some Collection<String>) {
    filesSHA256Prefixes = digests.isEmpty ? nil : DigestList(digests, mostInFull: 0).prefixes
  }

  /// Lists what another card does, and what that one says of the model before it.
  mutating func list(ofCard card: String?) {
    let listing = CardListing(card: card)
    list(names: listing.names.list(mostInFull: ModelCard.mostListedIdentities))
    filesSHA256Prefixes = listing.files.list(mostInFull: 0)?.prefixes
  }

  private mutating func list(names: DigestList?) {
    (identitiesSHA256, identitiesSHA256Prefixes) = (names?.full, names?.prefixes)
  }

  /// How many identities are listed.
  public var listedIdentities: Int { DigestList.count(identitiesSHA256, identitiesSHA256Prefixes) }

  /// How many files are listed.
  public var listedFiles: Int { DigestList.count(nil, filesSHA256Prefixes) }
}
