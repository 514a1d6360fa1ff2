import GRDB

extension IndexKeeper {
  /// Builds the index anew, and puts it in the place of the one there is; answers come from that one meanwhile. `read`
  /// runs one transaction.
  func rebuild(
    read: (_ body: (Database) throws -> Bool) throws -> Bool, progress: ((GalleryProgress) -> Void)? = nil
  ) throws {
    try building.withLock { _ in
      let builder = IndexBuilder(configuration: configuration, path: path)
      guard let built = try builder.build(read: read, progress: progress) else { return }
      report(built.faults.map { ($0.key, $0.value) }, embedder: built.embedder)
      following.withLock { _ in
        state.withLock { state in
          let open = state?.openViews ?? [:]
          state = built
          // Answers under way close what they opened.
          state?.openViews = open
        }
      }
    }
  }
}
