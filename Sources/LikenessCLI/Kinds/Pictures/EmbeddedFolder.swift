import Images
import Likeness
import LikenessEmbedders

/// The embeddings of a folder of folders, labelled by folder.
struct EmbeddedFolder {
  private(set) var embeddings: [[Float]] = []
  private(set) var labels: [Int] = []
  private(set) var files: [String] = []
  private(set) var names: [String] = []
  private(set) var skipped: [EnrollmentBatch.Skipped] = []
  /// What was left out besides, as sentences.
  private(set) var notes: [String] = []

  init(path: String, embedder: ImageEmbedder, skipBroken: Bool, progress: (Int, Int) -> Void) throws {
    let folder = try PictureFolder(path: path)
    notes = folder.notes
    names = folder.identities.map(\.name)
    let items = folder.identities.enumerated().flatMap { label, identity in
      identity.files.map { (file: $0, label: label) }
    }
    for start in stride(from: 0, to: items.count, by: 256) {
      let batch = items[start..<min(start + 256, items.count)]
      for (item, result) in zip(batch, try embedder.embedEach(batch.map { .file(path: $0.file) })) {
        switch result {
        case .success(let vector):
          embeddings.append(vector)
          labels.append(item.label)
          files.append(item.file)
        case .failure(let error):
          guard skipBroken else {
            throw CommandFailure("\(error): mend it, or leave broken pictures out with --skip-broken")
          }
          skipped.append(.init(path: item.file, reason: error.reason))
        }
      }
      progress(min(start + 256, items.count), items.count)
    }
  }
}
