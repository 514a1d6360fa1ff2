import Files
import HNSW

extension GalleryConfiguration {
  /// Refuses what no gallery could be used with: said on opening, before anything is stored that cannot be asked for.
  ///
  /// - Throws: ``GalleryError/invalidArgument(reason:)``.
  func check() throws {
    guard busyTimeout >= 0 else {
      throw GalleryError.invalidArgument(
        reason: "busyTimeout is \(busyTimeout) seconds: give 0 or more, and infinity to wait for ever")
    }
    do { try parameters(1).validate() } catch { throw GalleryError.invalidArgument(reason: "\(error)") }
    _ = try Effort(ef: nil, recall: nil, or: self)
    if compact, let compactFolder, !Destination.isFolder(compactFolder) {
      throw GalleryError.invalidArgument(
        reason: "compactFolder is \(compactFolder), and there is no such folder: make it first, or name another")
    }
  }
}
