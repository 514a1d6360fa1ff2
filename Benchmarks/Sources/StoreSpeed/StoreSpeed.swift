import ArgumentParser
import Foundation
import Likeness

/// How fast a gallery takes vectors, opens, and answers.
@main
struct StoreSpeed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store-speed", abstract: "Enrolls random vectors, opens the gallery again, and asks it.")

  @Option(help: "Vectors.") var count = 50_000
  @Option(help: "Values in each.") var dimension = 128
  @Option(help: "Embeddings of an identity.") var each = 5
  @Option(help: "Vectors in a transaction, in the second enrolment.") var batch = 1_000

  func run() throws {
    let folder = NSTemporaryDirectory() + "likeness-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var chance = SystemRandomNumberGenerator()
    let enrollments = (0..<count).map { row in
      Enrollment(
        identity: "identity \(row / each)",
        vector: (0..<dimension).map { _ in Float.random(in: -1...1, using: &chance) })
    }
    var unasked = GalleryConfiguration()
    unasked.indexing = .onFirstQuery

    let whole = try gallery(folder + "/whole.db", unasked)
    let inOne = try timed { try whole.enroll(enrollments) }
    print("one transaction of \(count): \(rate(count, inOne)) vectors/s")
    try whole.close()

    let followed = try gallery(folder + "/followed.db", GalleryConfiguration())
    let few = enrollments.prefix(min(count, 10 * batch))
    let inBatches = try timed {
      for start in stride(from: 0, to: few.count, by: batch) {
        try followed.enroll(Array(few[start..<min(start + batch, few.count)]))
      }
    }
    print("transactions of \(batch), the index following: \(rate(few.count, inBatches)) vectors/s")
    let singly = try timed { for one in enrollments.suffix(200) { try followed.enroll([one]) } }
    print("one vector a transaction: \(rate(200, singly)) vectors/s")
    try followed.close()

    var opened: Gallery?
    let opening = try timed { opened = try Gallery(path: folder + "/whole.db") }
    print(String(format: "opening %d and building the index: %.1f s", count, opening))
    let asking = try timed {
      for one in enrollments.prefix(1_000) { _ = try opened?.query(.vector(one.vector), k: 5) }
    }
    print(String(format: "a query by identity, k = 5: %.0f µs", asking * 1e3))
  }

  private func gallery(_ path: String, _ configuration: GalleryConfiguration) throws -> Gallery {
    let gallery = try Gallery(path: path, configuration: configuration)
    try gallery.register(
      EmbedderSpecification(name: "random", kind: "vector", dimension: dimension, metric: .euclidean))
    return gallery
  }

  private func timed(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    let elapsed = (ContinuousClock.now - start).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
  }

  private func rate(_ count: Int, _ seconds: Double) -> String { String(format: "%.0f", Double(count) / seconds) }
}
