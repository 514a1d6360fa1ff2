import GRDB

/// What ``Gallery/rebuild(sample:seed:progress:)`` did.
public struct RebuildReport: Sendable, Hashable, Codable {
  /// The gallery's path.
  public var path: String
  /// How many embeddings are in the index.
  public var embeddings: Int
  /// How many were left out because their rows are damaged.
  public var leftOut: Int
  /// How long it took, without the measuring of recall.
  public var seconds: Double
  /// The share of the true ten nearest that a sample of searches finds, 0…1; nil where nothing was searched.
  public var recall: Double?

  private enum CodingKeys: String, CodingKey {
    case path, embeddings, seconds, recall
    case leftOut = "left_out"
  }
}

extension Gallery {
  /// Builds the index anew from the rows. Queries are answered from the one there is until the new one is ready.
  ///
  /// The index is derived from the rows, and follows them by itself; this is for when ``verify(sample:seed:progress:)``
  /// says that it does not, or after very many removals.
  ///
  /// - Parameters:
  ///   - sample: How many searches to measure recall with; 0 for none.
  ///   - seed: Which ones.
  ///   - progress: Called from this thread while the index is built; it may ask and write, and not have it built again.
  /// - Throws: ``GalleryError``.
  @discardableResult
  public func rebuild(
    sample: Int = 100, seed: UInt64 = 1, progress: ((GalleryProgress) -> Void)? = nil
  ) throws -> RebuildReport {
    guard sample >= 0 else { throw GalleryError.invalidArgument(reason: "the sample is \(sample): give 0 or more") }
    let effort = try Effort(ef: nil, recall: nil, or: configuration)
    return try translating {
      let started = ContinuousClock.now
      try keeper.rebuild(progress: progress)
      let seconds = Double((ContinuousClock.now - started) / .milliseconds(1)) / 1_000
      return try connections.read { db, last in
        guard let view = try keeper.view(db, last: &last) else {
          return RebuildReport(path: path, embeddings: 0, leftOut: 0, seconds: seconds, recall: nil)
        }
        defer { keeper.close(view) }
        var rows = try RowCheck(path: path, db: db)
        _ = try rows.embeddings { _ in }
        let searches = SearchCheck(path: path, db: db, view: view, effort: effort)
        return RebuildReport(
          path: path, embeddings: view.searchable, leftOut: view.faults.count, seconds: seconds,
          recall: try searches.run(sound: rows.sound, sample: sample, seed: seed) { _ in }.recall)
      }
    }
  }
}
