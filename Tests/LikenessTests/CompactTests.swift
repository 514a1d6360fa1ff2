import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite struct CompactTests {
  /// A gallery of `count` random vectors, to be opened.
  private static func fill(_ path: String, _ count: Int, _ dimension: Int, _ metric: Metric, seed: UInt64) throws {
    var random = Seeded(seed)
    let writer = try makeGallery(path, dimension, metric) { $0.indexing = .onFirstQuery }
    try writer.enroll((0..<count).map { Enrollment(identity: "p\($0 / 3)", vector: random.vector(dimension)) })
    try writer.close()
  }

  private static func compact(_ path: String, _ configure: (inout GalleryConfiguration) -> Void = { _ in }) throws
    -> Gallery
  {
    try Gallery(
      path: path,
      configuration: quiet {
        $0.compact = true
        configure(&$0)
      })
  }

  @Test(
    "a compact gallery gives the candidates and the distances of one in memory, to the bit",
    arguments: [Metric.euclidean, .cosine, .dot], [500, 4_000])
  func sameAnswers(_ metric: Metric, _ count: Int) throws {
    let scratch = try Scratch()
    try Self.fill(scratch.path(), count, 20, metric, seed: 1)
    let inMemory = try Gallery(path: scratch.path(), configuration: quiet())
    let compact = try Self.compact(scratch.path())
    var random = Seeded(2)
    for round in 0..<60 {
      let vector = random.vector(20)
      let grouping: CandidateGrouping = round % 2 == 0 ? .identity : .embedding
      let answer = try compact.query(.vector(vector), k: 12, by: grouping)
      #expect(answer == (try inMemory.query(.vector(vector), k: 12, by: grouping)))
      for candidate in answer.candidates {
        let row = try compact.vector(of: candidate.embedding)
        #expect(abs(Double(candidate.distance) - reference(metric, vector, row)) < 1e-5)
      }
    }
  }

  @Test("what is enrolled, forgotten and changed by hand is in a compact gallery's next answer")
  func follows() throws {
    let scratch = try Scratch()
    try Self.fill(scratch.path(), 2_000, 6, .euclidean, seed: 3)
    let gallery = try Self.compact(scratch.path())
    let hand = try otherHand(scratch.path())
    var random = Seeded(4)
    for round in 0..<30 {
      let (enrolled, changed) = (random.vector(6), random.vector(6))
      let id = try gallery.enroll(enrolled, as: "new")
      #expect(try gallery.query(.vector(enrolled), k: 1).candidates.first?.embedding == id)
      try hand.write { db in
        try db.execute(
          sql: "UPDATE embedding SET vector = ? WHERE id = ?", arguments: [blob(changed), round * 50 + 1])
      }
      let nearest = try gallery.query(.vector(changed), k: 1, by: .embedding).candidates.first
      #expect(nearest?.embedding == EmbeddingID(Int64(round * 50 + 1)))
      #expect(nearest?.distance == 0)
      try gallery.forget("new")
      #expect(try gallery.query(.vector(enrolled), k: 1).candidates.first?.embedding != id)
    }
    gallery.settle()
    #expect(try gallery.indexDisagreements().isEmpty)
  }

  @Test("a compact gallery leaves no file behind, not even while it is open")
  func leavesNothing() throws {
    let scratch = try Scratch()
    try Self.fill(scratch.path(), 1_500, 8, .euclidean, seed: 5)
    let folder = scratch.path("vectors")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let gallery = try Self.compact(scratch.path()) { $0.compactFolder = folder }
    #expect(try gallery.info().index?.bytes.mapped ?? 0 >= 1_500 * 8 * 4)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  @Test("a folder for files of vectors that is not there is refused on opening, with a sentence")
  func noFolder() throws {
    let scratch = try Scratch()
    try Self.fill(scratch.path(), 10, 2, .euclidean, seed: 6)
    let nowhere = scratch.path("nowhere")
    let error = try #require(throws: GalleryError.self) {
      try Self.compact(scratch.path()) { $0.compactFolder = nowhere }
    }
    #expect(error.description.contains("compactFolder is \(nowhere), and there is no such folder"))
    #expect(error.description.hasSuffix("make it first, or name another"))
  }
}
