import Foundation
import GRDB
import Likeness
import Logging
import Synchronization

/// A folder of its own for one test, gone with it.
final class Scratch: Sendable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("likeness-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String = "people.gallery") -> String { folder.appendingPathComponent(name).path }

  func write(_ bytes: Data, to name: String) throws -> String {
    try bytes.write(to: folder.appendingPathComponent(name))
    return path(name)
  }
}

/// Distances by the book.
func reference(_ metric: Metric, _ a: [Float], _ b: [Float]) -> Double {
  let pairs = zip(a, b).map { (Double($0), Double($1)) }
  let dot = pairs.reduce(0) { $0 + $1.0 * $1.1 }
  switch metric {
  case .euclidean: return pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  case .cosine:
    let lengths = pairs.reduce(0) { $0 + $1.0 * $1.0 } * pairs.reduce(0) { $0 + $1.1 * $1.1 }
    return 1 - dot / lengths.squareRoot()
  case .dot: return -dot
  }
}

func specification(_ dimension: Int, _ metric: Metric = .euclidean, name: String = "numbers") -> EmbedderSpecification {
  EmbedderSpecification(name: name, kind: "vector", dimension: dimension, metric: metric)
}

/// An open gallery of vectors of this dimension.
func makeGallery(
  _ path: String, _ dimension: Int, _ metric: Metric = .euclidean,
  _ configure: (inout GalleryConfiguration) -> Void = { _ in }
) throws -> Gallery {
  var configuration = GalleryConfiguration()
  configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  configure(&configuration)
  let gallery = try Gallery(path: path, configuration: configuration)
  try gallery.register(specification(dimension, metric))
  return gallery
}

func quiet(_ configure: (inout GalleryConfiguration) -> Void = { _ in }) -> GalleryConfiguration {
  var configuration = GalleryConfiguration()
  configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  configure(&configuration)
  return configuration
}

/// The bytes of a vector as a row holds them.
func blob(_ vector: [Float]) -> Data { vector.withUnsafeBytes { Data($0) } }

/// Another program's connection, with SQLite's defaults: foreign keys off.
func otherHand(_ path: String) throws -> DatabaseQueue {
  var configuration = Configuration()
  configuration.foreignKeysEnabled = false
  configuration.busyMode = .timeout(10)
  // A test may leave a transaction open, and go on.
  configuration.allowsUnsafeTransactions = true
  return try DatabaseQueue(path: path, configuration: configuration)
}

/// A program on the PATH, if it is installed.
struct Tool: Sendable {
  let path: String

  static let sqlite3 = find("sqlite3")
  static let python3 = find("python3")

  static func find(_ name: String) -> Tool? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }.map(Tool.init)
  }

  struct Failure: Error { var output: String }

  /// Runs the program, and returns what it printed.
  @discardableResult
  func run(_ arguments: [String], input: String = "") throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stdout
    try process.run()
    stdin.fileHandleForWriting.write(Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw Failure(output: output) }
    return output
  }
}
