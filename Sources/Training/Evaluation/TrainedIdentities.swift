import Foundation

/// Whom a model was trained on, it or one that it was trained from, as far as its card says it: hashes of names, for
/// comparison with the names of the data that it is measured on.
public struct TrainedIdentities: Sendable {
  private let hashes: Set<String>

  /// Reads a card, of any kind of model; nil where it lists nobody, as cards of before and of very many identities.
  public init?(card: String) {
    guard let listed = Self.listed(in: card) else { return nil }
    hashes = Set(listed)
  }

  /// What a card lists, and what the model before it listed that it was trained from, sorted.
  static func listed(in card: String?) -> [String]? {
    struct Card: Decodable {
      struct Parent: Decodable { var identitiesSHA256: [String]? }
      var identitiesSHA256: [String]?
      var parent: Parent?
    }
    guard let card = card.flatMap({ try? JSONDecoder().decode(Card.self, from: Data($0.utf8)) }) else { return nil }
    let listed = Set((card.identitiesSHA256 ?? []) + (card.parent?.identitiesSHA256 ?? []))
    return listed.isEmpty ? nil : listed.sorted()
  }

  /// What is to be said of figures on data with such names, as a sentence; nil where none of them was in the training.
  ///
  /// - Parameters:
  ///   - names: of identities, subjects or concepts, as the training's folder or list would name them.
  ///   - noun: what several are called: `identities`.
  ///   - unseen: what they then are not: `people never seen`.
  public func note(of names: some Collection<String>, noun: String, unseen: String) -> String? {
    let all = Set(names)
    let known = all.count { hashes.contains(ModelCard.hash(ofName: $0)) }
    guard known > 0 else { return nil }
    return "\(known) of the \(all.count) \(noun) here \(known == 1 ? "was" : "were") in its training, by name: these "
      + "figures are not of \(unseen)"
  }
}
