import Foundation
import GRDB
import Likeness
import Seeded
import Synchronization
import Testing

/// Raised once, seen by all.
private final class Flag: Sendable {
  private let value = Atomic(false)
  var isRaised: Bool { value.load(ordering: .acquiring) }
  func raise() { value.store(true, ordering: .releasing) }
}

@Suite struct ConcurrencyTests {
  @Test("answers during writes of this and another process are each the answer of one moment")
  func readersDuringWrites() async throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 4) { $0.exactBelow = 0 }
    let other = try Gallery(path: scratch.path(), configuration: quiet { $0.exactBelow = 0 })
    // Each commit puts a whole generation of ten in place of the one before: an answer that mixes two generations, or
    // has fewer than ten, is not of one moment.
    @Sendable func generation(_ number: Int) -> [Enrollment] {
      (0..<10).map { Enrollment(identity: "g\(number)-\($0)", vector: [Float(number % 7), Float($0), 1, 0]) }
    }
    try gallery.enroll((0..<300).map { Enrollment(identity: "far \($0)", vector: [1_000, Float($0), 0, 0]) })
    try gallery.enroll(generation(0))
    let isDone = Flag()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<3 {
        group.addTask {
          var random = Seeded(UInt64(task))
          var answers = 0
          while !isDone.isRaised || answers < 20 {
            let one = Bool.random(using: &random) ? gallery : other
            let answer = try one.query(.vector([3, 4, 1, 0]), k: 10)
            let names = answer.candidates.map(\.identity)
            #expect(Set(names.map { $0.prefix { $0 != "-" } }).count == 1, "\(names)")
            #expect(names.count == 10)
            #expect(answer.gallerySize == .init(identities: 310, embeddings: 310))
            answers += 1
            await Task.yield()
          }
        }
      }
      group.addTask {
        defer { isDone.raise() }
        let hand = try otherHand(scratch.path())
        for number in 1...120 {
          // Through SQL, so that deleting and inserting is one commit.
          try await hand.write { db in
            try db.execute(sql: "DELETE FROM identity WHERE name LIKE 'g%'")
            for row in generation(number) {
              try db.execute(sql: "INSERT INTO identity (name) VALUES (?)", arguments: [row.identity])
              try db.execute(
                sql: "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (last_insert_rowid(), 1, ?)",
                arguments: [blob(row.vector)])
            }
          }
        }
      }
      try await group.waitForAll()
    }
    for one in [gallery, other] {
      one.settle()
      #expect(try one.indexDisagreements().isEmpty)
    }
  }

  @Test("writers in several threads lose nothing and mix nothing up")
  func writers() async throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    let second = try Gallery(path: scratch.path(), configuration: quiet())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<4 {
        group.addTask {
          for number in 0..<40 {
            let one = number % 2 == 0 ? gallery : second
            let vector = [Float(task), Float(number)]
            let id = try one.enroll(vector, as: "\(task)/\(number)")
            #expect(try one.query(.vector(vector), k: 1).candidates.first?.embedding == id)
            if number % 4 == 3 { try one.forget("\(task)/\(number - 1)") }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try gallery.info().embeddings == 120)
    for one in [gallery, second] { #expect(try one.query(.vector([0, 0]), k: 200).candidates.count == 120) }
  }

  @Test("a reader in the middle of an answer does not keep the graph from following for ever")
  func settled() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    let hand = try otherHand(scratch.path())
    try gallery.enroll([0, 0], as: "Ada")
    try hand.write { db in
      for number in 0..<300 {
        try db.execute(
          sql: "INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (1, 1, ?)",
          arguments: [blob([Float(number), 1])])
      }
    }
    #expect(try gallery.query(.vector([7, 1]), k: 1, by: .embedding).candidates[0].distance == 0)
    gallery.settle()
    #expect(gallery.pendingChanges == 0)
    #expect(try gallery.query(.vector([7, 1]), k: 1, by: .embedding).candidates[0].distance == 0)
  }
}
