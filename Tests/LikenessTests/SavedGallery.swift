import Foundation
import GRDB
import Likeness
import Logging
import Seeded
import Synchronization
import Testing

/// A gallery that the index was saved beside, and what to ask it.
struct Saved {
  let scratch: Scratch
  let path: String
  var index: String { path + "-index" }
  let lines = Lines()
  var configuration: GalleryConfiguration
  private(set) var probes: [[Float]] = []

  init(
    _ metric: Metric = .euclidean, compact: Bool = false, count: Int = 600, seed: UInt64 = 1, name: String = "people"
  ) throws {
    scratch = try Scratch()
    path = scratch.path("\(name).gallery")
    var configuration = GalleryConfiguration()
    configuration.compact = compact
    configuration.snapshotThreshold = 100
    configuration.exactBelow = 50
    configuration.efConstruction = 40
    configuration.threads = 2
    configuration.durability = .processCrash
    let lines = lines
    configuration.logger = Logger(label: "test") { _ in lines.handler }
    self.configuration = configuration
    var random = Seeded(seed)
    probes = (0..<12).map { _ in random.vector(24) }
    let gallery = try open()
    try gallery.register(specification(24, metric))
    try gallery.enroll((0..<count).map { Enrollment(identity: "person \($0 / 3)", vector: random.vector(24)) })
    try gallery.remove(embedding: EmbeddingID(7))
    try gallery.close()
    lines.clear()
  }

  func open(_ change: (inout GalleryConfiguration) -> Void = { _ in }) throws -> Gallery {
    var configuration = configuration
    change(&configuration)
    return try Gallery(path: path, configuration: configuration)
  }

  /// Opens, answers, and compares with an index that is built from the rows.
  func expectTruth(
    isRefused: Bool = false, _ change: (inout GalleryConfiguration) -> Void = { _ in },
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    lines.clear()
    let gallery = try open(change)
    #expect(lines.said("is not used") == (isRefused ? 1 : 0), sourceLocation: location)
    let built = try Gallery(
      path: path,
      configuration: quiet {
        $0 = configuration
        $0.snapshots = .never
        $0.readOnly = true
        $0.compact = false
        $0.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      })
    for probe in probes {
      let (mine, theirs) = try (
        gallery.query(.vector(probe), k: 5, recall: 1), built.query(.vector(probe), k: 5, recall: 1)
      )
      #expect(mine.candidates == theirs.candidates, sourceLocation: location)
      #expect(mine.gallerySize == theirs.gallerySize, sourceLocation: location)
    }
    gallery.settle()
    #expect(try gallery.indexDisagreements().isEmpty, sourceLocation: location)
    try built.close()
    try gallery.close()
  }
}

/// What a gallery logs.
final class Lines: Sendable {
  private let all = Mutex<[String]>([])

  var handler: Handler { Handler(lines: self) }
  func clear() { all.withLock { $0 = [] } }
  func said(_ part: String) -> Int { all.withLock { $0.count { $0.contains(part) } } }

  struct Handler: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.all.withLock { $0.append("\(event.message)") } }
  }
}
