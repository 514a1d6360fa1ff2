import Foundation

/// Whom a model was trained on, it or one that it was trained from, as far as its card says it: hashes of names, for
/// comparison with the names of the data that it is measured on.
public struct TrainedIdentities: Sendable {
  private let hashes: Set<String>
  /// Of those of which the card says no more.
  private let prefixes: Set<[UInt8]>

  /// Reads a card, of any kind of model; nil where it lists nobody, as cards of before do not.
  public init?(card: String) {
    guard let listed = IdentityHashes(card: card) else { return nil }
    (hashes, prefixes) = listed.known
  }

  private func contains(_ name: String) -> Bool {
    let hash = ModelCard.hash(ofName: name)
    return hashes.contains(hash)
      || (!prefixes.isEmpty && IdentityHashes.prefix(ofHash: hash).map { prefixes.contains($0) } ?? false)
  }

  /// What is to be said of figures on data with such names, as a sentence; nil where none of them was in the training.
  ///
  /// - Parameters:
  ///   - names: of identities, subjects or concepts, as the training's folder or list would name them.
  ///   - noun: what several are called: `identities`.
  ///   - unseen: what they then are not: `people never seen`.
  public func note(of names: some Collection<String>, noun: String, unseen: String) -> String? {
    let all = Set(names)
    let known = all.count { contains($0) }
    guard known > 0 else { return nil }
    return "\(known) of the \(all.count) \(noun) here \(known == 1 ? "was" : "were") in its training, by name: these "
      + "figures are not of \(unseen)"
  }
}
