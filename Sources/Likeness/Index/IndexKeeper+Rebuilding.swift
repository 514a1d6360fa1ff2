import GRDB

extension IndexKeeper {
  /// Builds the index anew from the rows, and puts it in the place of the one there is; answers come from that one
  /// meanwhile.
  func rebuild(progress: ((GalleryProgress) -> Void)? = nil) throws {
    try building {
      // What others commit from now on without a trace in the log will be noticed.
      let strangeCommits = connections.strangeCommits()
      let builder = IndexBuilder(configuration: configuration, path: path)
      let built = try builder.build(
        read: { body in try connections.read { db in try body(db) } },
        progress: { [self] done in
          if isClosing.load(ordering: .acquiring) { throw GalleryError.closed(path: path) }
          progress?(done)
        })
      guard var built else { return }
      built.strangeCommits = strangeCommits
      report(built.faults.map { ($0.key, $0.value) }, embedder: built.embedder)
      following.withLock { _ in publish(built) }
      saveIfDue(isUrgent: true)
    }
  }
}
