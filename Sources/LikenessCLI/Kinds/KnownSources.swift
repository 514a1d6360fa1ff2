import Likeness

/// Which inputs an identity has already, by the hash of their bytes.
///
/// Where inputs take the place of those from the same source, a row whose place another input of the call takes does not count:
/// files that were numbered anew would each push the next one out.
struct KnownSources {
  private let gallery: Gallery
  /// By identity, the sources whose rows may give way.
  private let replaced: [String: Set<String>]
  /// What input the source of a row names; nil for none of this kind.
  private let input: (String) -> String?
  /// By identity and hash, the sources that the gallery has it from.
  private var rows: [String: [String: Set<String?>]] = [:]
  /// By identity, what the call has brought.
  private var brought: [String: Set<String>] = [:]

  /// - Parameters:
  ///   - replaced: the call's inputs, by identity and source, where they replace others; nothing where they do not.
  ///   - input: what input the source of a row names, where that is not the source itself.
  init(
    gallery: Gallery, replaced: [(identity: String, source: String)] = [], input: @escaping (String) -> String? = { $0 }
  ) {
    self.gallery = gallery
    self.input = input
    self.replaced = Dictionary(grouping: replaced, by: \.identity).mapValues { Set($0.map(\.source)) }
  }

  /// Whether the identity has the input, and keeps it; from now on it counts as having it.
  mutating func contains(_ digest: String, of identity: String, from source: String) throws -> Bool {
    if rows[identity] == nil {
      let enrolled = try gallery.identity(named: identity) == nil ? [] : gallery.embeddings(of: identity)
      var own: [String: Set<String?>] = [:]
      for row in enrolled {
        if let sha256 = row.sourceSHA256 { own[sha256, default: []].insert(row.source.flatMap(input)) }
      }
      rows[identity] = own
    }
    let leaving = replaced[identity] ?? []
    // Its own row is what is asked about: what another source has may give way later.
    if leaving.contains(source), rows[identity]?.values.contains(where: { $0.contains(source) }) == true {
      brought[identity, default: []].insert(digest)
      return rows[identity]?[digest]?.contains(source) == true
    }
    if brought[identity, default: []].insert(digest).inserted == false { return true }
    return (rows[identity]?[digest] ?? []).contains { other in
      other == source || other.map { !leaving.contains($0) } ?? true
    }
  }
}
