import Foundation

/// What there is to say of the index snapshot beside a gallery.
struct IndexSnapshotState: Sendable, Hashable {
  /// That in a sentence.
  var sentence: String
  /// What mends it; nil where nothing is wrong.
  var mend: String?

  /// Where the snapshot of the gallery at `path` is.
  static func location(of path: String) -> String { path + "-index" }

  /// The state of the snapshot of the gallery at `path`. A snapshot is never trusted: one that does not agree with the
  /// rows costs a rebuilding when the gallery is opened, nothing else.
  static func beside(_ path: String) -> IndexSnapshotState {
    guard let bytes = DurableFile.size(location(of: path)) else {
      return IndexSnapshotState(sentence: "there is no index snapshot: opening builds the index from the rows")
    }
    return IndexSnapshotState(sentence: "there is an index snapshot of \(bytes) bytes")
  }
}
