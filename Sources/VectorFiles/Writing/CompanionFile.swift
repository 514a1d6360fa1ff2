import Files

/// The file beside a file of vectors, which has the names that its format does not hold.
struct CompanionFile {
  let path: String
  /// Whether it is ours to replace: somebody named it, or the file it belongs to is there and is replaced as well. One that
  /// merely has the name that it would get is somebody else's, or another export's.
  let isReplaced: Bool

  /// - Parameters:
  ///   - chosen: where somebody wants it; nil for its usual place.
  ///   - usual: its usual place; nil where the format has none.
  ///   - main: the file it belongs to.
  init?(_ chosen: String?, usual: String?, of main: String) {
    guard let path = chosen ?? usual else { return nil }
    self.path = path
    isReplaced = chosen != nil || DurableFile.isRegular(main)
  }

  func sink() throws -> ByteSink { try ByteSink(path: path, replacing: isReplaced) }
}
