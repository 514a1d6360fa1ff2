import Digests
import Networks

/// Whom, and on what files, a model was trained, it or one that it was trained from, as far as its card says it: hashes, for
/// comparison with the data that it is measured on.
public struct TrainedIdentities: Sendable {
  private let listing: CardListing

  /// Reads a card, of any kind of model; nil where it lists nothing, as cards of before do not.
  public init?(card: String) {
    listing = CardListing(card: card)
    if listing.names.isEmpty, listing.files.isEmpty { return nil }
  }

  /// What several are called, and what they are not where they were trained on.
  public struct Nouns: Sendable {
    var names: String
    var files: String
    var unseen: String

    /// - Parameters:
    ///   - names: what the names are of: `identities`.
    ///   - files: what the files are: `pictures`.
    ///   - unseen: what figures should be of: `people never seen`.
    public init(names: String, files: String, unseen: String) {
      (self.names, self.files, self.unseen) = (names, files, unseen)
    }
  }

  /// What is to be said of figures on data with such names and files, as a sentence; nil where none of them was in the
  /// training.
  ///
  /// - Parameters:
  ///   - names: of identities, subjects or concepts, as the training's folder or list would name them.
  ///   - files: where the data lies. A file that the training read is known by its bytes, whatever its name is now; they
  ///     are read for it, on all cores, where the card lists any. One that cannot be read is not known.
  ///   - nouns: what to call them.
  public func note(of names: some Collection<String>, files: [String], nouns: Nouns) -> String? {
    let names = Set(names)
    let knownNames = names.count { listing.names.contains(Digest.ofName($0)) }
    let digests = listing.files.isEmpty ? [] : Workers().map(Set(files).sorted(), DataDigest.ofFile)
    let knownFiles = digests.count { $0.map(listing.files.contains) ?? false }
    let known = [
      (knownNames, names.count, nouns.names, "by name"), (knownFiles, digests.count, nouns.files, "byte for byte"),
    ].filter { $0.0 > 0 }
    guard let first = known.first else { return nil }
    // Other characters, say, that are numbered likewise.
    if knownFiles == 0, !digests.isEmpty {
      return
        "\(knownNames) of the \(names.count) \(nouns.names) here \(knownNames == 1 ? "has a name" : "have names") that "
        + "\(knownNames == 1 ? "was" : "were") in its training, and none of the \(nouns.files): if they are the same, these "
        + "figures are not of \(nouns.unseen)"
    }
    let further = known.dropFirst().map { count, all, noun, how in ", and \(count) of the \(all) \(noun), \(how)" }
    return "\(first.0) of the \(first.1) \(first.2) here \(first.0 == 1 ? "was" : "were") in its training, \(first.3)"
      + further.joined() + ": these figures are not of \(nouns.unseen)"
  }

  /// What is to be said of figures on what was set aside of a training that began with the model; nil where none of it was in
  /// the model's own.
  ///
  /// - Parameter noun: what several are called.
  func note(setAside names: Set<String>, noun: String) -> String? {
    let known = names.count { listing.names.contains(Digest.ofName($0)) }
    guard known > 0 else { return nil }
    return
      "\(known) of the \(names.count) \(noun) set aside \(known == 1 ? "was" : "were") in the training of the model that "
      + "this one began with: figures on them are too good"
  }
}
