import Foundation
import GRDB
import HNSW

/// What there is to say of the index snapshot beside a gallery.
///
/// A snapshot is never trusted: one that does not agree with the rows costs a rebuilding when the gallery is opened, nothing
/// else. It is looked at all the same, as that is time lost each time.
struct IndexSnapshotState: Sendable, Hashable {
  /// That in a sentence.
  var sentence: String
  /// What mends it; nil where nothing is wrong.
  var mend: String?
  /// Whether `doctor` does that.
  private(set) var isFixable = false

  /// The state of the snapshot of the gallery at `path`, of whose rows `db` sees one moment.
  init(galleryAt path: String, in db: Database) {
    let file = SnapshotFile(galleryAt: path)
    mend = nil
    guard file.exists else {
      sentence = "there is no index snapshot: opening builds the index from the rows"
      return
    }
    if file.isForeign {
      sentence = "\(file.foreignSentence); until then the index cannot be saved"
      mend = "mv \(file.path) elsewhere, with all that belongs to it"
      return
    }
    do {
      let snapshot = try IndexSnapshot(path: file.path)
      let label = try SnapshotLabel(decoding: snapshot.label)
      if let embedder = try EmbedderRow.stored(in: db) {
        let own = try SnapshotLabel(embedder: embedder, sequence: 0, in: db)
        guard label.embedder == own.embedder, label.sha256 == own.sha256, snapshot.dimension == embedder.dimension,
          snapshot.metric == embedder.metric
        else { throw SnapshotRefusal("it is of another embedder's vectors") }
      }
      let loading = try snapshot.load()
      for piece in 0..<loading.pieces { try loading.readPiece(piece) }
      sentence =
        "\(file.path) holds the graph of \(snapshot.count) vectors at change \(label.sequence) in \(file.size) bytes, "
        + "each piece as its checksum says"
    } catch {
      sentence = "\(file.path) is of no use: \(error)"
      mend = "likeness doctor \(path) --fix drops it; until then opening builds the index from the rows"
      isFixable = true
    }
  }
}
