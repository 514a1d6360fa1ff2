import Files

/// The file beside a file of vectors, which has the names that its format does not hold.
struct CompanionFile {
  let path: String
  /// What is said where another file has its name, and is not ours to replace; nil where it is. In its usual place it
  /// is if the file it belongs to is there, and is replaced as well; in a place that somebody named, if it is a list of
  /// names. One that merely has the name that it would get is somebody else's, or another export's.
  private let objection: String?

  /// - Parameters:
  ///   - chosen: where somebody wants it; nil for its usual place.
  ///   - usual: its usual place; nil where the format has none.
  ///   - main: the file it belongs to.
  /// - Throws: ``VectorFileError`` where it would be the file it belongs to.
  init?(_ chosen: String?, usual: String?, of main: String, format: VectorFileFormat) throws {
    guard let path = chosen ?? usual else { return nil }
    self.path = path
    guard case .file(let place)? = try? Destination(path) else {
      objection = nil
      return
    }
    if case .file(let main)? = try? Destination(main), Links.absolute(main) == Links.absolute(place) {
      throw VectorFileError(
        path: path, reason: "cannot hold both the vectors and their names: name another file for one of them")
    }
    if chosen == nil {
      objection =
        EarlierFile.isFilled(main)
        ? nil
        : "is there already, beside no file that it belongs to, and would be replaced: move it, or say where names go "
          + "(names, --names FILE)"
    } else {
      objection =
        !EarlierFile.isFilled(place) || EarlierFile.isCompanion(place, of: main, format: format)
        ? nil
        : "is there already, and is not the list of names of \(main): name another place, or remove it first"
    }
  }

  func sink() throws -> ByteSink { try ByteSink(path: path, objection: objection) }
}
