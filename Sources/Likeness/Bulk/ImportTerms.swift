import VectorFiles

/// What decides, beside a file, what its rows become: an import that goes on has to do as the one that was cut off did.
struct ImportTerms: Codable, Sendable, Hashable {
  /// How the file is read.
  var format: String
  /// The file of names, as its absolute path; nil where there is none.
  var names: String?
  /// SHA-256 of the file of names.
  var namesSHA256: String?
  /// ``Replacement``, raw.
  var replacing: String

  init(file: String, options: ImportOptions) throws {
    format = (options.format ?? VectorFileFormat(path: file))?.rawValue ?? ""
    names = options.names.map(ImportLedger.absolute)
    namesSHA256 = try options.names.map(PrefixHash.ofFile)
    replacing = options.replacing.rawValue
  }

  /// In what these differ from what an import was begun with, and the way out, as a sentence without its subject; nil
  /// where they do not.
  func difference(from begun: ImportTerms) -> String? {
    if begun.format != format { return "was read as \(begun.format) before: go on with that format" }
    if begun.namesSHA256 != namesSHA256 {
      guard let before = begun.names else {
        return "was begun without a file of names: go on without one"
      }
      return names == nil
        ? "was begun with the names in \(before): go on with them (names, --names)"
        : "was begun with the names in \(before), and \(names == before ? "they have changed since" : "these are others"): "
          + "go on with those, or import the file again as a whole into a new gallery"
    }
    if begun.replacing != replacing {
      return begun.replacing == Replacement.nothing.rawValue
        ? "was begun without replacing what has the same source: go on without that (replacing, --upsert), or "
          + "import it again as a whole (without resumes, --resume)"
        : "was begun replacing what has the same source: go on with that (replacing, --upsert)"
    }
    return nil
  }
}
