extension Gallery {
  /// Saves the index beside the gallery, in the file of its name with `-index` behind it, so that the next opening need
  /// not build it.
  ///
  /// That happens by itself when a gallery is closed, and while it is open when much has changed
  /// (``GalleryConfiguration/snapshots``); this is for programs that are likely to be killed:
  ///
  /// ```swift
  /// try gallery.enroll(rows)
  /// try gallery.saveSnapshot()
  /// ```
  ///
  /// A snapshot is never more than a cache. It holds links and codes and no vector; opening compares it with every row,
  /// takes up what differs, and builds the index from the rows where it cannot be used: of another gallery, embedder,
  /// configuration or version, torn, or altered. The file may be deleted at any time.
  ///
  /// Queries and enrolments go on meanwhile, on whatever thread.
  ///
  /// - Returns: Whether a snapshot was written. None is of fewer vectors than a graph is made of (64), and none while so
  ///   much is written that the index cannot keep up.
  /// - Throws: ``GalleryError/readOnly(path:reason:)``, ``GalleryError/cannotSave(path:reason:)``.
  @discardableResult
  public func saveSnapshot() throws -> Bool {
    if let readOnlyReason { throw GalleryError.readOnly(path: path, reason: readOnlyReason) }
    return try translating {
      try buildIndex()
      do {
        return try keeper.save()
      } catch let failure as SnapshotFile.Failure {
        throw GalleryError.cannotSave(path: keeper.file.path, reason: failure.description)
      }
    }
  }
}
