import Foundation
import Likeness
import Logging

/// The gallery that a case works on, opened when it is needed.
final class Subject {
  static let dimension = 8
  static let fileName = "people.gallery"

  let path: String
  let configuration: GalleryConfiguration
  private var open: Gallery?

  init(folder: String, configuration: GalleryConfiguration) {
    path = folder + "/" + Self.fileName
    self.configuration = configuration
  }

  /// The open gallery.
  var gallery: Gallery {
    get throws {
      if let open { return open }
      let gallery = try Gallery(path: path, configuration: configuration)
      try gallery.register(Self.embedder)
      open = gallery
      return gallery
    }
  }

  func close() throws {
    defer { open = nil }
    try open?.close()
  }

  static let embedder = EmbedderSpecification(
    name: "numbers", kind: "vector", dimension: dimension, metric: .euclidean)

  /// A gallery's configuration that writes no log and walks the graph also where it is small.
  static func configuration(walking: Bool = false, isCareless: Bool = false) -> GalleryConfiguration {
    var configuration = GalleryConfiguration()
    configuration.logger = Logger(label: "crash laboratory") { _ in SwiftLogNoOpLogHandler() }
    configuration.busyTimeout = 10
    configuration.threads = 1
    // The index is saved at every turn.
    (configuration.snapshotThreshold, configuration.snapshotInterval) = (64, 10)
    if isCareless { configuration.durability = .processCrash }
    if walking { (configuration.exactBelow, configuration.ef) = (0, 400) }
    return configuration
  }
}
