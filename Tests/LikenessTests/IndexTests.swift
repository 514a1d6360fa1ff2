import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite struct IndexTests {
  /// Identities of some embeddings each, as an embedder makes them: near their identity's middle.
  private static func enrollments(_ count: Int, _ dimension: Int, seed: UInt64) -> [Enrollment] {
    var random = Seeded(seed)
    let middles = (0..<max(count / 8, 1)).map { _ in random.vector(dimension) }
    return (0..<count).map { row in
      let middle = row % middles.count
      return Enrollment(
        identity: "p\(middle)",
        vector: zip(middles[middle], random.vector(dimension)).map { $0 + 0.3 * $1 })
    }
  }

  /// Enrolls without an index in the way.
  private static func fill(_ path: String, _ rows: [Enrollment], _ metric: Metric) throws -> [EmbeddingID] {
    let writer = try makeGallery(path, rows[0].vector.count, metric) { $0.indexing = .onFirstQuery }
    defer { try? writer.close() }
    return try writer.enroll(rows)
  }

  @Test(
    "a gallery opened after a large import answers as comparing all rows does",
    arguments: [Metric.euclidean, .cosine, .dot])
  func bulk(_ metric: Metric) throws {
    let scratch = try Scratch()
    let rows = Self.enrollments(20_000, 24, seed: 1)
    let ids = try Self.fill(scratch.path(), rows, metric)
    let gallery = try Gallery(path: scratch.path(), configuration: quiet { $0.ef = 128 })
    #expect(try gallery.info().searchable == rows.count)
    #expect(try gallery.indexDisagreements().isEmpty)
    var random = Seeded(2)
    var found = 0
    for probe in 0..<50 {
      let vector = zip(rows[probe * 17].vector, random.vector(24)).map { $0 + 0.2 * $1 }
      let answer = try gallery.query(.vector(vector), k: 10, by: .embedding)
      #expect(answer.foundBy == .graph)
      let distances = rows.map { reference(metric, vector, $0.vector) }
      let nearest = distances.indices.sorted { distances[$0] < distances[$1] }.prefix(10)
      found += Set(nearest.map { ids[$0] }).intersection(answer.candidates.map(\.embedding)).count
      for candidate in answer.candidates {
        let row = try #require(ids.firstIndex(of: candidate.embedding))
        #expect(abs(Double(candidate.distance) - distances[row]) < 1e-5)
      }
    }
    #expect(found >= 490, "\(found) of 500")
  }

  @Test("progress goes up to all rows, and never back")
  func progress() throws {
    let scratch = try Scratch()
    let rows = Self.enrollments(3_000, 4, seed: 3)
    _ = try Self.fill(scratch.path(), rows, .euclidean)
    let heard = Heard()
    _ = try Gallery(path: scratch.path(), configuration: quiet()) { heard.append($0.completed) }
    #expect(heard.values.first == 0)
    #expect(heard.values.last == rows.count)
    #expect(heard.values == heard.values.sorted())
  }

  @Test("a change larger than the index itself is in the next answer, and in the graph when it is settled")
  func largeChange() throws {
    let scratch = try Scratch()
    let rows = Self.enrollments(6_000, 8, seed: 4)
    let gallery = try makeGallery(scratch.path(), 8)
    try gallery.enroll(Array(rows[..<500]))
    try gallery.enroll(Array(rows[500...]))
    gallery.settle()
    #expect(gallery.pendingChanges == 0)
    #expect(try gallery.indexDisagreements().isEmpty)
    for row in stride(from: 0, to: rows.count, by: 97) {
      #expect(try gallery.query(.vector(rows[row].vector), k: 1).candidates.first?.distance == 0)
    }
  }

  @Test("the number of threads makes no difference to an answer")
  func threads() throws {
    let scratch = try Scratch()
    let rows = Self.enrollments(4_000, 16, seed: 5)
    _ = try Self.fill(scratch.path(), rows, .euclidean)
    let galleries = try [1, 3].map { threads in
      try Gallery(path: scratch.path(), configuration: quiet { $0.threads = threads })
    }
    #expect(try galleries.map { try $0.info().index?.parameters.threads } == [1, 3])
    var random = Seeded(6)
    for _ in 0..<50 {
      let vector = random.vector(16)
      let answers = try galleries.map { try $0.query(.vector(vector), k: 20, by: .embedding) }
      #expect(answers[0] == answers[1])
    }
    let error = try #require(throws: GalleryError.self) {
      try Gallery(path: scratch.path(), configuration: quiet { $0.threads = 0 })
    }
    #expect(error == .invalidArgument(reason: "threads is 0: choose 1 to 1024"))
  }

  @Test("the parts of an index add up, and its parameters are those that were asked for")
  func summary() throws {
    let scratch = try Scratch()
    let rows = Self.enrollments(3_000, 20, seed: 7)
    _ = try Self.fill(scratch.path(), rows, .euclidean)
    for compact in [false, true] {
      let gallery = try Gallery(
        path: scratch.path(),
        configuration: quiet {
          $0.compact = compact
          ($0.M, $0.efConstruction, $0.seed, $0.exactBelow, $0.threads) = (12, 90, 5, 100, 2)
        })
      let index = try #require(try gallery.info().index)
      let bytes = index.bytes
      #expect(bytes.total == bytes.vectors + bytes.codes + bytes.links + bytes.ids + bytes.other)
      #expect((bytes.vectors == 0) == compact)
      #expect((bytes.mapped > 0) == compact)
      #expect(bytes.vectors + bytes.mapped >= 3_000 * 20 * 4)
      #expect([bytes.codes, bytes.links, bytes.ids, bytes.other].allSatisfy { $0 > 0 })
      #expect(index.bytesPerVector == bytes.total / 3_000)
      let parameters = index.parameters
      #expect(parameters.compact == compact)
      #expect((parameters.M, parameters.efConstruction, parameters.seed) == (12, 90, 5))
      #expect((parameters.exactBelow, parameters.threads) == (100, 2))
    }
  }

  @Test("a gallery without an embedder has no index to tell of")
  func noIndex() throws {
    let scratch = try Scratch()
    #expect(try Gallery(path: scratch.path(), configuration: quiet()).info().index == nil)
  }
}

/// What a progress callback heard.
private final class Heard: @unchecked Sendable {
  private let lock = NSLock()
  private var heard: [Int] = []

  func append(_ value: Int) { lock.withLock { heard.append(value) } }

  var values: [Int] { lock.withLock { heard } }
}
