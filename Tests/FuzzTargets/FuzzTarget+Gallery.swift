import Foundation
import Likeness
import Logging

extension FuzzTarget {
  /// A gallery file, opened and used in every way.
  static let gallery = FuzzTarget(name: "gallery") { bytes in
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("likeness-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("fuzzed.gallery").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    var configuration = GalleryConfiguration()
    configuration.logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
    configuration.threads = 1
    configuration.durability = .processCrash
    do {
      let gallery = try Gallery(path: path, configuration: configuration)
      _ = try gallery.info()
      guard let embedder = try gallery.embedder, embedder.dimension <= 1_024 else { return true }
      let probe = (0..<embedder.dimension).map { Float($0 + 1) }
      let answer = try gallery.query(.vector(probe), k: 1_000, by: .embedding)
      if Set(answer.candidates.map(\.embedding)).count != answer.candidates.count {
        throw Failure("an embedding is in one answer twice")
      }
      _ = try gallery.query(.vector(probe), k: 3)
      for identity in try gallery.identities().prefix(3) { _ = try gallery.embeddings(of: identity.name) }
      let id = try gallery.enroll(probe, as: "new")
      _ = try gallery.query(.embedding(id))
      try gallery.forget("new")
      try gallery.close()
      return true
    } catch let error as GalleryError {
      return try refused("\(error)")
    }
  }
}
