import Foundation
import GRDB

/// What a snapshot says of the gallery it belongs to.
struct SnapshotLabel: Codable, Hashable {
  /// The embedder's id and the hash of its model. Dimension and metric are in the snapshot itself.
  var embedder: Int64
  var sha256: String?
  /// The last change of the log that it holds.
  var sequence: Int64

  init(embedder: EmbedderRow, sequence: Int64, in db: Database) throws {
    self.embedder = embedder.id
    self.sequence = sequence
    sha256 = try db.text("SELECT sha256 FROM embedder WHERE id = ?", embedder.id)
  }

  init(decoding bytes: [UInt8]) throws {
    self = try JSONDecoder().decode(SnapshotLabel.self, from: Data(bytes))
  }

  var encoded: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return (try? encoder.encode(self)).map { Array($0) } ?? []
  }
}
