import Foundation
import GRDB
import Likeness
import Seeded
import Testing

@Suite("One embedding per identity and source")
struct UpsertTests {
  @Test("any history of enrolments leaves what a dictionary by identity and source would hold")
  func model() throws {
    for seed in UInt64(1)...12 {
      let scratch = try Scratch()
      let gallery = try makeGallery(scratch.path(), 2) { $0.exactBelow = 0 }
      var random = Seeded(seed)
      var model: [String: [Float]] = [:]
      for _ in 0..<25 {
        let count = [1, 2, 5, 100][Int.random(in: 0..<4, using: &random)]
        let rows = (0..<count).map { _ in
          Enrollment(
            identity: "person \(Int.random(in: 0..<4, using: &random))", vector: random.vector(2),
            source: "file \(Int.random(in: 0..<9, using: &random))")
        }
        try gallery.enroll(rows, replacing: .sameSource)
        for row in rows { model["\(row.identity)/\(row.source ?? "")"] = row.vector }
      }
      var stored: [String: [Float]] = [:]
      for identity in try gallery.identities() {
        for embedding in try gallery.embeddings(of: identity.name) {
          let key = "\(identity.name)/\(embedding.source ?? "")"
          #expect(stored.updateValue(try gallery.vector(of: embedding.id), forKey: key) == nil, "\(key) twice")
        }
      }
      #expect(stored == model)
      for (key, vector) in model {
        let nearest = try gallery.query(.vector(vector), k: 1, by: .embedding).candidates[0]
        #expect(nearest.distance == 0, "\(key)")
      }
      gallery.settle()
      #expect(try gallery.indexDisagreements().isEmpty)
    }
  }

  @Test("the id stays; what has no source stays; equal letters in other bytes are another source")
  func whatStays() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let first = try gallery.enroll([1], as: "Ada", source: "é", quality: 1, attributes: ["a": 1])
    try gallery.enroll([2], as: "Ada")
    try gallery.enroll([3], as: "Grace", source: "é")
    try gallery.enroll([4], as: "Ada", source: "e\u{301}", replacing: .sameSource)
    try gallery.enroll([5], as: "Ada", replacing: .sameSource)
    #expect(try gallery.enroll([6], as: "Ada", source: "é", replacing: .sameSource) == first)
    let kept = try #require(try gallery.embeddings(of: "Ada").first)
    #expect(kept.id == first && kept.quality == nil && kept.attributes.isEmpty)
    let vectors = try gallery.embeddings(of: "Ada").map { try gallery.vector(of: $0.id) }
    #expect(vectors == [[6], [2], [4], [5]])
    #expect(try gallery.embeddings(of: "Grace").count == 1)
    // Without being asked, one more is one more; then the oldest is the one that stays.
    try gallery.enroll([7], as: "Ada", source: "é")
    #expect(try gallery.enroll([8], as: "Ada", source: "é", replacing: .sameSource) == first)
    #expect(try gallery.embeddings(of: "Ada").count == 4)
    #expect(try gallery.query(.vector([7]), k: 1).candidates[0].distance == 1)
  }

  @Test("what is as it was is not written again")
  func unchanged() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    var random = Seeded(3)
    let rows = (0..<200).map { Enrollment(identity: "\($0 % 9)", vector: random.vector(2), source: "\($0)") }
    try gallery.enroll(rows, replacing: .sameSource)
    func changes() throws -> Int? {
      try otherHand(scratch.path()).read { db in try Int.fetchOne(db, sql: "SELECT max(sequence) FROM change") }
    }
    let before = try changes()
    try gallery.enroll(rows, replacing: .sameSource)
    for row in rows { try gallery.enroll([row], replacing: .sameSource) }
    #expect(try changes() == before)
    #expect(try gallery.info().embeddings == 200)
  }

  @Test("a receipt counts rows: those that gave way, those that were so already, and several of one source once")
  func receipts() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    func rows(_ values: Float...) -> [Enrollment] {
      values.enumerated().map { Enrollment(identity: "Ada", vector: [$1], source: "\($0 % 3)") }
    }
    var receipt = try gallery.upsert(rows(1, 2, 3, 4, 5, 6, 7, 8, 9))
    #expect(receipt.enrolled == 3 && receipt.replaced == 0 && receipt.unchanged == 0)
    #expect(receipt.ids.count == 9 && Set(receipt.ids).count == 3)
    receipt = try gallery.upsert(rows(7, 1, 9))
    #expect(receipt.enrolled == 3 && receipt.replaced == 1 && receipt.unchanged == 2)
    // As it was first, and then otherwise.
    receipt = try gallery.upsert(rows(7, 1, 9, 8))
    #expect(receipt.enrolled == 3 && receipt.replaced == 1 && receipt.unchanged == 2)
    try gallery.enroll([4], as: "Ada", source: "0")
    receipt = try gallery.upsert(rows(8))
    #expect(receipt.enrolled == 1 && receipt.replaced == 1 && receipt.unchanged == 1)
    #expect(try gallery.upsert([]) == UpsertReceipt(ids: [], enrolled: 0, replaced: 0, unchanged: 0))
    #expect(try gallery.info().embeddings == 3)
  }

  @Test("callers, and processes, that store the same at once leave one")
  func concurrently() async throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2) { $0.busyTimeout = 60 }
    let second = try Gallery(path: scratch.path(), configuration: quiet { $0.busyTimeout = 60 })
    try await withThrowingTaskGroup(of: Void.self) { group in
      for caller in 0..<6 {
        group.addTask {
          let one = caller % 2 == 0 ? gallery : second
          var random = Seeded(UInt64(caller))
          for number in 0..<30 {
            let rows = (0..<(number % 4 == 0 ? 80 : 1)).map { place in
              Enrollment(
                identity: "person \(place % 3)", vector: random.vector(2), source: "\(place % 10)")
            }
            try one.enroll(rows, replacing: .sameSource)
          }
        }
      }
      try await group.waitForAll()
    }
    let doubles = try await otherHand(scratch.path()).read { db in
      try Int.fetchOne(
        db, sql: "SELECT count(*) FROM (SELECT 1 FROM embedding GROUP BY identity_id, source HAVING count(*) > 1)")
    }
    #expect(doubles == 0)
    #expect(try gallery.info().embeddings == 30)
    for one in [gallery, second] {
      _ = try one.query(.vector([0, 0]))
      one.settle()
      #expect(try one.indexDisagreements().isEmpty)
    }
  }
}
