import Foundation
import Likeness
import Seeded
import Testing

@Suite struct RebuildTests {
  @Test("a rebuilt index is that of the rows; queries and writers go on meanwhile, and miss nothing")
  func underWay() async throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 8) { $0.exactBelow = 200 }
    var random = Seeded(51)
    let vectors = (0..<1_500).map { _ in random.vector(8) }
    try gallery.enroll(vectors.enumerated().map { Enrollment(identity: "p\($0)", vector: $1) })
    let isDone = StopSign()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var random = Seeded(52)
        var round = 0
        repeat {
          let vector = random.vector(8)
          let id = try gallery.enroll(vector, as: "w\(round)")
          let found = try gallery.query(.vector(vector), k: 1, by: .embedding).candidates.first
          #expect(found?.embedding == id)
          if round % 3 == 0 {
            try gallery.forget("w\(round)")
            #expect(try gallery.query(.vector(vector), k: 1, by: .embedding).candidates.first?.embedding != id)
          }
          round += 1
        } while !isDone.isUp
      }
      for _ in 0..<4 { #expect(try gallery.rebuild(sample: 0).embeddings >= 1_500) }
      isDone.raise()
      try await group.waitForAll()
    }
    gallery.settle()
    #expect(try gallery.indexDisagreements().isEmpty)
    #expect(try gallery.verify().isSound)
    #expect(try gallery.query(.vector(vectors[77]), k: 1).candidates.first?.identity == "p77")
  }

  @Test("rebuilding says how many damaged rows it left out")
  func leftOut() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([1, 2], as: "Ada")
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (1, 1, x'0000c07f00000000')")
    }
    let report = try gallery.rebuild()
    #expect(report.embeddings == 1)
    #expect(report.leftOut == 1)
    #expect(report.recall == 1)
  }
}
